package dev.larder.tck;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Counts the TCK's tests that really ran, and fails the build when they are fewer than asked for.
 *
 * <p>A green run is not enough. A test named in {@code ExcludeList} is reported as passed, an
 * annotation test without a {@code BeanProvider} too, and with the wrong JUnit engine none run at
 * all. So this reads the reports again: every test must be there, none failed, none skipped, and
 * the only exclusion logged must be the one test that fails on purpose.
 *
 * <p>Arguments: a folder with Surefire's reports and the number of tests in it, as often as needed.
 */
public final class TckCount {
  /** It calls {@code fail()}; the TCK asks every implementation to exclude it. */
  private static final String MEANT_TO_BE_EXCLUDED = "org.jsr107.tck.CachingTest#dummyTest";

  /** What the TCK logs in place of running a test; its class and method follow, in quotes. */
  private static final String EXCLUDING = "===== EXCLUDING TEST";

  private final List<Integer> executed = new ArrayList<>();
  private final List<String> excluded = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();

  public static void main(String[] args) throws IOException {
    TckCount count = new TckCount();
    for (int i = 0; i < args.length; i += 2) {
      count.read(Path.of(args[i]), Integer.parseInt(args[i + 1]));
    }
    count.checkExclusions();
    if (!count.wrong.isEmpty()) {
      AssertionError failure = new AssertionError("TCK: " + String.join("\n     ", count.wrong));
      // Maven prints it whole, and where in this class it was thrown tells nobody anything.
      failure.setStackTrace(new StackTraceElement[0]);
      throw failure;
    }
    System.out.println("TCK: " + count.sum() + " tests executed, 0 failed");
  }

  private void read(Path reports, int expected) throws IOException {
    if (!Files.isDirectory(reports)) {
      wrong.add(
          "expected "
              + expected
              + " tests in "
              + reports
              + ", but the folder is missing: they did not run");
      return;
    }
    int ran = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(reports, "TEST-*.xml")) {
      for (Path file : files) {
        ran += countTests(parse(file));
      }
    }
    if (ran < expected) {
      wrong.add("expected " + expected + " tests in " + reports + ", found " + ran);
    }
    executed.add(ran);
    // The TCK logs to standard error, which Surefire writes beside each report.
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(reports, "*-output.txt")) {
      for (Path log : logs) {
        findExclusions(log);
      }
    }
  }

  private int countTests(Document report) {
    NodeList tests = report.getElementsByTagName("testcase");
    int passed = 0;
    for (int i = 0; i < tests.getLength(); i++) {
      Element test = (Element) tests.item(i);
      String name = test.getAttribute("classname") + "#" + test.getAttribute("name");
      if (has(test, "skipped")) {
        wrong.add(name + " was skipped");
      } else if (has(test, "failure") || has(test, "error")) {
        wrong.add(name + " failed");
      } else {
        passed++;
      }
    }
    return passed;
  }

  private void findExclusions(Path log) throws IOException {
    // Not every byte that a test prints is UTF-8; in ISO-8859-1 every byte is a character.
    for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
      if (line.contains(EXCLUDING)) {
        String[] quoted = line.substring(line.indexOf(EXCLUDING)).split("'");
        excluded.add(quoted.length < 4 ? line : quoted[1] + "#" + quoted[3]);
      }
    }
  }

  private void checkExclusions() {
    // Also when it is missing: then the log was not where it is looked for, and would hide others.
    if (!excluded.equals(List.of(MEANT_TO_BE_EXCLUDED))) {
      wrong.add("expected " + MEANT_TO_BE_EXCLUDED + " alone to be excluded, found " + excluded);
    }
  }

  private String sum() {
    List<String> terms = new ArrayList<>();
    executed.forEach(count -> terms.add(count.toString()));
    return String.join(" + ", terms);
  }

  private static boolean has(Element test, String child) {
    return test.getElementsByTagName(child).getLength() > 0;
  }

  private static Document parse(Path report) throws IOException {
    try {
      return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException("expected a test report in " + report, e);
    }
  }
}
