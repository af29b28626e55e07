package dev.larder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.LarderServer;
import dev.larder.server.command.Command;
import dev.larder.server.command.CommandTable;
import dev.larder.server.command.Config;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.Socket;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the README shows is what happens. */
class ReadmeTest {
  private static final Path README = Path.of("README.md");

  @Test
  void theFirstProgramCompilesAndPrintsWhatItSays(@TempDir Path directory) throws Exception {
    assertThat(run("Greetings", directory)).startsWith("hello, look at me with: redis-cli");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Operations", "Kept"})
  void programsPrintWhatTheirCommentsSay(String name, @TempDir Path directory) throws Exception {
    List<String> comments =
        program(name)
            .lines()
            .filter(line -> line.contains("println("))
            .map(line -> line.substring(line.indexOf("// ") + 3))
            .toList();
    assertThat(run(name, directory).lines().toList()).isEqualTo(comments);
  }

  private static String program(String name) throws IOException {
    List<String> programs =
        blocks("java").stream().filter(block -> block.contains("class " + name)).toList();
    assertThat(programs).hasSize(1);
    return programs.get(0);
  }

  /** What a program prints. */
  private static String run(String name, Path directory) throws Exception {
    Path source = Files.writeString(directory.resolve(name + ".java"), program(name));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", directory.toString(), source.toString());
    assertThat(status).isZero();

    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (URLClassLoader loader =
        new URLClassLoader(new java.net.URL[] {directory.toUri().toURL()})) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(out);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theTypedSessionPrintsExactlyWhatItShows() throws Exception {
    List<String> session = blocks("").stream().filter(b -> b.startsWith("SET name")).toList();
    assertThat(session).hasSize(1);
    List<String> lines = session.get(0).lines().toList();

    try (CachingProvider provider =
            Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
        Cache<String, String> cache =
            provider
                .getCacheManager()
                .createCache(
                    "readme",
                    new MutableConfiguration<String, String>()
                        .setTypes(String.class, String.class));
        LarderServer server = LarderServer.builder(cache).port(0).start();
        Socket socket = new Socket("localhost", server.port())) {
      BufferedReader replies =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (int i = 0; i < lines.size(); i += 2) { // a command, its reply
        socket.getOutputStream().write((lines.get(i) + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(replies.readLine()).as(lines.get(i)).isEqualTo(lines.get(i + 1));
      }
    }
  }

  @Test
  void everyCommandIsListed() throws IOException {
    String readme = Files.readString(README);
    for (Command command : CommandTable.ALL.commands()) {
      String name = command.name().replace('|', ' ').toUpperCase(Locale.ROOT);
      assertThat(readme).contains("`" + name + "`");
    }
  }

  @Test
  void everyOptionThatIsListedIsOne() throws IOException {
    Matcher options = Pattern.compile("`--([a-z-]+)").matcher(Files.readString(README));
    int listed = 0;
    for (; options.find(); listed++) {
      String option = options.group(1);
      assertThat(option.equals("help") || option.equals("quick") || Config.find(option) != null)
          .as(option)
          .isTrue();
    }
    assertThat(listed).isGreaterThan(15);
  }

  /** The contents of the fenced blocks in this language. */
  private static List<String> blocks(String language) throws IOException {
    List<String> blocks = new ArrayList<>();
    Matcher matcher =
        Pattern.compile("(?ms)^```(\\w*)\n(.*?)^```$").matcher(Files.readString(README));
    while (matcher.find()) {
      if (matcher.group(1).equals(language)) {
        blocks.add(matcher.group(2));
      }
    }
    return blocks;
  }
}
