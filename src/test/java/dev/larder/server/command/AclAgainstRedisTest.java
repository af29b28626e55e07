package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.OperationException;
import dev.larder.protocol.Request;
import dev.larder.server.clients.Programs;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same rules given to a real redis-server and to us, with the server's own commands and
 * categories. Skipped where there is none, unless the system property {@code
 * larder.require.programs} is true.
 *
 * <p>We follow 7.2. Where the server is 7.0, three things are known to differ:
 *
 * <ul>
 *   <li>It shows the rules on commands anew from what is allowed, and not as they were given. They
 *       are compared by what they mean: each side reads what the other one shows.
 *   <li>It says {@code This user} and not the user's name.
 *   <li>It does not show {@code sanitize-payload} where nobody has asked for it.
 * </ul>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AclAgainstRedisTest {
  private static final int LISTS_OF_RULES = 300;

  // spotless:off
  /** Words with what is done to them behind a colon: R(ead), W(rite), N(either), C(hannel), P(attern). */
  private static final List<String> REQUESTS = List.of(
      "get a:R",         "get ab:R",        "get c:R",         "set a:W 1",       "append b:W 1",
      "incr a:RW",       "getdel b:RW",     "getset ab:RW 1",  "strlen a:N",      "exists a:N c:N",
      "del a:W b:W",     "copy a:R b:W",    "copy b:R a:W",    "rename a:RW b:W", "rename ab:RW a:W",
      "mget a:R b:R",    "mset a:W 1 b:W 2","expire a:W 1",    "persist b:W",     "ttl a:R",
      "type b:N",        "getrange a:R 0 1","setrange a:W 0 1","keys *",          "scan 0",
      "ping",            "echo a",          "select 0",        "select 1",        "auth x",
      "hello",           "quit",            "reset",           "dbsize",          "flushall",
      "config get a",    "config set a b",  "client id",       "client setname a","acl whoami",
      "object encoding a:N", "info",        "multi",           "exec",            "command count",
      "publish a:C 1",   "publish b:C 1",   "subscribe a:C b:C", "subscribe ab:C","psubscribe a*:P",
      "psubscribe a:P b:P", "unsubscribe a", "bgsave",         "lastsave",        "randomkey");

  private static final List<String> RULES = List.of(
      "on", "off", "nopass", "resetpass", "reset", "clearselectors", "", "sanitize-payload",
      ">one", ">two", "<one", "#" + "ab".repeat(32), "!" + "ab".repeat(32), "#AB",
      "~a", "~b", "~a*", "~*", "~[", "allkeys", "resetkeys",
      "%R~a", "%W~a", "%RW~b", "%wr~ab", "%R~*", "%W~a*", "%R", "%", "%RR~a", "%X~a", "~x y",
      "&a", "&b", "&a*", "&*", "allchannels", "resetchannels", "&x y",
      "+@all", "-@all", "allcommands", "nocommands",
      "+@read", "-@read", "+@write", "-@write", "+@keyspace", "-@keyspace", "+@STRING", "-@string",
      "+@fast", "-@fast", "+@slow", "-@slow", "+@connection", "-@connection", "+@admin", "-@admin",
      "+@dangerous", "-@dangerous", "+@pubsub", "-@pubsub", "+@transaction", "+@nope", "-@nope",
      "+get", "-get", "+SET", "-set", "+config", "-config", "+config|get", "-config|get", "+Config|Set",
      "+client|id", "-client", "+acl", "-acl|whoami", "+select", "-select", "+select|0", "+select|a",
      "-select|0", "+nope", "-nope", "+config|nope", "+config|get|a", "+get|", "+|get", "+", "-",
      "+publish", "+subscribe", "+psubscribe", "+copy", "+rename", "+mget", "+object|encoding",
      "(+get ~a)", "(+@write %W~b)", "(+@all -@read allkeys)", "(+publish &a*)", "(", ")", "()", "(on)",
      "(+copy %R~a", "%W~b)", "(~a +select|0)", "(+nope)", "((+get))", "nope", "~", "&");
  // spotless:on

  private Process process;
  private Socket socket;
  private InputStream in;
  private CommandNames names;
  private boolean keepsRules;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Programs.need("Redis server ", "redis-server", "--version");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    process =
        new ProcessBuilder(
                List.of(
                    "redis-server",
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    String.valueOf(port),
                    "--save",
                    ""))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    awaitReady();
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    names = commandNames();
    String info = (String) call("info", "server");
    String version = info.split("redis_version:", 2)[1].split("\r", 2)[0];
    keepsRules = !version.startsWith("7.0.");
  }

  private void awaitReady() throws IOException {
    BufferedReader printed =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder all = new StringBuilder();
    for (String line = printed.readLine(); line != null; line = printed.readLine()) {
      all.append(line).append('\n');
      if (line.contains("Ready to accept connections")) {
        Thread reader = new Thread(() -> readOn(printed));
        reader.setDaemon(true);
        reader.start();
        return;
      }
    }
    throw new IOException("redis-server did not start:\n" + all);
  }

  /** Lest the server waits for us to read what it prints. */
  private static void readOn(BufferedReader printed) {
    try {
      printed.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // it has ended
    }
  }

  @AfterAll
  void stop() throws Exception {
    if (socket != null) {
      socket.close();
    }
    if (process != null) {
      process.destroy();
      process.waitFor();
    }
  }

  // ---- The server

  /** Strings, Longs and Lists, of one char a byte; an error has a minus before it. */
  private Object call(String... words) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("*" + words.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (String word : words) {
      out.writeBytes(ByteWords.bytes("$" + word.length() + "\r\n" + word + "\r\n"));
    }
    socket.getOutputStream().write(out.toByteArray());
    return reply();
  }

  private Object reply() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    String rest = line.substring(1, line.length() - 1);
    switch (line.charAt(0)) {
      case '*':
        List<Object> elements = new ArrayList<>();
        for (int i = Integer.parseInt(rest); i > 0; i--) {
          elements.add(reply());
        }
        return elements;
      case '$':
        int length = Integer.parseInt(rest);
        return length < 0
            ? "(nil)"
            : ByteWords.word(in.readNBytes(length + 2)).substring(0, length);
      case ':':
        return Long.parseLong(rest);
      case '-':
        return "-" + rest;
      default:
        return rest;
    }
  }

  private CommandNames commandNames() throws IOException {
    Map<String, Set<String>> categories = new LinkedHashMap<>();
    addCommands((List<?>) call("command"), categories);
    return new CommandNames(categories);
  }

  private static void addCommands(List<?> commands, Map<String, Set<String>> categories) {
    for (Object element : commands) {
      List<?> command = (List<?>) element;
      Set<String> its =
          ((List<?>) command.get(6))
              .stream().map(c -> c.toString().substring(1)).collect(Collectors.toSet());
      categories.put((String) command.get(0), its);
      addCommands((List<?>) command.get(9), categories);
    }
  }

  private static Map<Object, Object> map(Object keysAndValues) {
    Map<Object, Object> map = new LinkedHashMap<>();
    List<?> all = (List<?>) keysAndValues;
    for (int i = 0; i < all.size(); i += 2) {
      map.put(all.get(i), all.get(i + 1));
    }
    return map;
  }

  // ---- Both of them

  @Test
  void sameRulesAllowTheSameAndAreShownTheSame() throws Exception {
    Users users = new Users(names, () -> 0, null, Users::sha256);
    Random random = new Random(20240229);
    int refused = 0;
    int allowed = 0;
    for (int i = 0; i < LISTS_OF_RULES; i++) {
      String name = "user" + i;
      List<List<String>> given = new ArrayList<>();
      for (int steps = 1 + random.nextInt(3); steps > 0; steps--) {
        List<String> rules = someRules(random);
        given.add(rules);
        String ours = setOurs(users, name, rules);
        assertThat(ours).as(given.toString()).isEqualTo(setTheirs(name, rules));
        refused += ours.equals("OK") ? 0 : 1;
      }
      User user = users.find(name);
      if (user != null) {
        isShownTheSame(user, given);
        allowed += allowsTheSame(user, given);
      }
    }
    assertThat(refused).as("lists with a wrong rule").isBetween(50, 500);
    assertThat(allowed).as("requests that were allowed").isBetween(1_000, 14_000);
  }

  /** But none in which a parenthesis is opened twice: Redis forgets what was in the first one. */
  private static List<String> someRules(Random random) {
    while (true) {
      List<String> rules =
          random.ints(1 + random.nextInt(8), 0, RULES.size()).mapToObj(RULES::get).toList();
      boolean open = false;
      boolean twice = false;
      for (String rule : rules) {
        twice |= open && rule.startsWith("(");
        open = (open || rule.startsWith("(")) && !rule.endsWith(")");
      }
      if (!twice) {
        return rules;
      }
    }
  }

  private String setTheirs(String name, List<String> rules) throws IOException {
    return (String)
        call(
            Stream.concat(Stream.of("acl", "setuser", name), rules.stream())
                .toArray(String[]::new));
  }

  private static String setOurs(Users users, String name, List<String> rules) {
    try {
      users.set(name, rules);
      return "OK";
    } catch (OperationException e) {
      return "-" + e.code() + " " + e.getMessage();
    }
  }

  private void isShownTheSame(User user, List<List<String>> given) throws Exception {
    Map<Object, Object> theirs = map(call("acl", "getuser", user.name()));
    Permissions ours = user.permissions();
    List<Object> flags = new ArrayList<>((List<?>) theirs.get("flags"));
    if (!keepsRules && !flags.contains("sanitize-payload")) {
      flags.add("sanitize-payload");
    }
    assertThat(flags).as(given.toString()).isEqualTo(ours.flags());
    assertThat((List<?>) theirs.get("passwords"))
        .as(given.toString())
        .isEqualTo(List.copyOf(ours.hashes()));
    List<Map<Object, Object>> selectors = new ArrayList<>(List.of(theirs));
    ((List<?>) theirs.get("selectors")).forEach(selector -> selectors.add(map(selector)));
    assertThat(selectors).as(given.toString()).hasSameSizeAs(ours.selectors());
    for (int i = 0; i < selectors.size(); i++) {
      Selector our = ours.selectors().get(i);
      assertThat(selectors.get(i).get("keys")).as(given.toString()).isEqualTo(our.keyRules());
      assertThat(selectors.get(i).get("channels"))
          .as(given.toString())
          .isEqualTo(our.channelRules());
      meansTheSame((String) selectors.get(i).get("commands"), our, given);
    }
  }

  private void meansTheSame(String theirs, Selector our, List<List<String>> given)
      throws Exception {
    if (keepsRules) {
      assertThat(our.commandRules()).as(given.toString()).isEqualTo(theirs);
    }
    List<String> rules = new ArrayList<>(List.of("reset"));
    rules.addAll(List.of(our.commandRules().split(" ", -1)));
    assertThat(setTheirs("again", rules)).isEqualTo("OK");
    assertThat(map(call("acl", "getuser", "again")).get("commands"))
        .as("our " + our.commandRules() + " for " + given)
        .isEqualTo(theirs);

    Selector.Draft draft = new Selector.Draft(names);
    for (String rule : theirs.split(" ", -1)) {
      draft.add(rule);
    }
    Selector read = draft.build();
    for (String name : names.all()) {
      Request request = Acl.request(name);
      assertThat(our.mayRun(name, request))
          .as(name + " for " + given)
          .isEqualTo(read.mayRun(name, request));
    }
  }

  /** Returns how many requests are allowed. */
  private int allowsTheSame(User user, List<List<String>> given) throws IOException {
    int allowed = 0;
    for (String request : REQUESTS) {
      List<String> words = new ArrayList<>();
      List<Command.Key> keys = new ArrayList<>();
      List<Command.Channel> channels = new ArrayList<>();
      for (String word : request.split(" ", -1)) {
        String does = word.contains(":") ? word.substring(word.indexOf(':') + 1) : "";
        if (does.equals("C") || does.equals("P")) {
          channels.add(new Command.Channel(words.size(), does.equals("P")));
        } else if (!does.isEmpty()) {
          keys.add(new Command.Key(words.size(), does.contains("R"), does.contains("W")));
        }
        words.add(word.split(":", -1)[0]);
      }
      String command =
          names.hasSubcommands(words.get(0)) ? words.get(0) + "|" + words.get(1) : words.get(0);
      User.Denial denial =
          user.permissions()
              .check(command, Acl.request(words.toArray(String[]::new)), keys, channels);
      String ours =
          denial == null ? "OK" : denial.message(user.name(), command, words.get(denial.word()));
      List<String> dryRun = new ArrayList<>(List.of("acl", "dryrun", user.name()));
      dryRun.addAll(words);
      String theirs = (String) call(dryRun.toArray(String[]::new));
      assertThat(ours)
          .as(request + " for " + given)
          .isEqualTo(theirs.replace("This user ", "User " + user.name() + " "));
      allowed += ours.equals("OK") ? 1 : 0;
    }
    return allowed;
  }

  @Test
  void ourCommandsAreInTheCategoriesOfTheirs() {
    for (Command command : CommandTable.ALL.commands()) {
      if (names.contains(command.name())) {
        Set<String> theirs =
            CommandNames.CATEGORIES.stream()
                .filter(category -> names.in(category).contains(command.name()))
                .collect(Collectors.toSet());
        assertThat(command.categories()).as(command.name()).isEqualTo(theirs);
      }
    }
  }

  @Test
  void categoriesAreTheirs() throws Exception {
    assertThat(call("acl", "cat")).isEqualTo(CommandNames.CATEGORIES);
  }
}
