package dev.larder.server.command;

import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.ops.EvictionPolicy;
import dev.larder.ops.Glob;
import dev.larder.protocol.RequestLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a server is to be, and is: the options of the program, what {@code CONFIG GET} shows and
 * {@code CONFIG SET} changes. All are rows of one table.
 *
 * <p>Values are texts, already checked. Who needs one often asks once, and again through {@link
 * #follow}.
 */
public final class Config {
  private static final RequestLimits LIMITS =
      RequestLimits.forHeap(Runtime.getRuntime().maxMemory());
  private static final int MOST = Integer.MAX_VALUE;

  // spotless:off
  public static final List<Setting> ALL = List.of(
      Setting.fixed("port",                   "n",            "6379",      port(),                               "TCP port to listen on; 0: any free one; no: none"),
      Setting.fixed("bind",                   "address",      "127.0.0.1", Setting.text(),                       "address to listen on"),
      Setting.open ("protected-mode",         "yes|no",       "yes",       Setting.yesOrNo(),                    "without a password, serve this machine alone"),
      Setting.fixed("unixsocket",             "path",         "",          Setting.text(),                       "Unix socket to listen on, too"),
      Setting.fixed("unixsocketperm",         "octal",        "700",       Config::permissions,                  "who may use the Unix socket, as for chmod"),
      Setting.fixed("tls-port",               "n",            "0",         Setting.integer(0, 65_535),           "TCP port for TLS; 0: none"),
      Setting.fixed("tls-cert-file",          "file",         "",          Setting.text(),                       "PEM file with the server's certificate"),
      Setting.fixed("tls-key-file",           "file",         "",          Setting.text(),                       "PEM file with its private key"),
      Setting.fixed("tls-key-file-pass",      "text",         "",          Setting.text(),                       "pass phrase of the private key"),
      Setting.fixed("tls-ca-cert-file",       "file",         "",          Setting.text(),                       "PEM file with who may sign clients' certificates"),
      Setting.fixed("tls-auth-clients",       "yes|no|optional", "yes",    Setting.oneOf("no", "yes", "optional"), "whether clients need a certificate"),
      Setting.fixed("tls-protocols",          "names",        "",          Setting.text(),                       "such as \"TLSv1.2 TLSv1.3\"; both by default"),
      Setting.open ("requirepass",            "password",     "",          Setting.text(),                       "password that clients must AUTH with"),
      Setting.fixed("aclfile",                "file",         "",          Setting.text(),                       "users and what they may do, a line each"),
      Setting.fixed("disable-commands",       "names",        "",          Config::commands,                     "commands that are not to be there: \"FLUSHALL,DEBUG\""),
      Setting.fixed("enable-debug-command",   "yes|no|local", "local",     Setting.oneOf("no", "yes", "local"),  "whether DEBUG is there; local: for this machine"),
      Setting.fixed("databases",              "n",            "16",        Setting.integer(1, 1_000_000),        "how many caches there are, named 0, 1, 2, ..."),
      Setting.open ("maxclients",             "n",            "10000",     Setting.integer(1, MOST),             "connections that may be open at a time"),
      Setting.fixed("io-threads",             "n",            String.valueOf(loops()), Setting.integer(1, 128),  "event loops"),
      Setting.fixed("inline-replies",         "line|resp",    "line",      Setting.oneOf("line", "resp"),        "what answers typed commands: lines, or RESP as in Redis"),
      Setting.open ("timeout",                "seconds",      "0",         Setting.integer(0, MOST),             "close a client that has been idle for so long; 0: never"),
      Setting.fixed("tcp-keepalive",          "seconds",      "300",       Setting.integer(0, MOST),             "ask the system to look after silent clients; 0: do not"),
      Setting.open ("maxmemory-clients",      "bytes",        share(4),    Setting.memory(0, Long.MAX_VALUE),    "for all requests and replies under way; beyond, the largest client is closed"),
      Setting.open ("client-output-buffer-limit", "limits",   outputs(),   Setting::outputLimits,                "unsent bytes at which a client is closed: hard, soft, seconds"),
      Setting.open ("client-query-buffer-limit", "bytes",     String.valueOf(LIMITS.maxRequestLength()), Setting.memory(1 << 20, 1 << 30), "longest request"),
      Setting.open ("proto-max-bulk-len",     "bytes",        String.valueOf(LIMITS.maxBulkLength()), Setting.memory(1 << 20, 512 << 20), "longest argument"),
      Setting.open ("notify-keyspace-events", "classes",      "",          Config::events,                       "what is published of changes, such as KEA"),
      Setting.open ("tracking-table-max-keys", "n",           "1000000",   Setting.integer(0, MOST),             "keys remembered for clients that cache them"),
      Setting.open ("slowlog-log-slower-than", "microseconds", "10000",    Setting.integer(-1, Long.MAX_VALUE),  "what SLOWLOG remembers; -1: nothing"),
      Setting.open ("slowlog-max-len",        "n",            "128",       Setting.integer(0, MOST),             "how many of them"),
      Setting.open ("latency-monitor-threshold", "milliseconds", "0",      Setting.integer(0, Long.MAX_VALUE),   "what LATENCY remembers; 0: nothing"),
      Setting.open ("maxmemory",              "bytes",        "0",         Setting.memory(0, Long.MAX_VALUE),    "what all entries may take of the heap, by estimate, such as 100mb; 0: no limit"),
      Setting.open ("maxmemory-policy",       "policy",       "noeviction", Config::policy,                        "who leaves then: noeviction (writes are refused), allkeys-lru, -lfu, -random, or of those with a deadline: volatile-lru, -lfu, -random, -ttl"),
      Setting.open ("maxmemory-samples",      "n",            "5",         Setting.only("5"),                    ""),
      Setting.open ("maxmemory-eviction-tenacity", "n",       "10",        Setting.only("10"),                   ""),
      Setting.open ("lfu-log-factor",         "n",            "10",        Setting.only("10"),                   ""),
      Setting.open ("lfu-decay-time",         "minutes",      "1",         Setting.only("1"),                    ""),
      Setting.fixed("dir",                    "directory",    "",          Setting.text(),                       "where entries are kept on disk; by default the program's own, empty: nowhere"),
      Setting.fixed("dbfilename",             "name",         "dump.rdb",  Setting::fileName,                    "file of the snapshot"),
      Setting.open ("save",                   "rules",        "",          Setting::saveRules,                   "when one is written: \"3600 1 300 100\" is after an hour and 1 change, or 5 minutes and 100"),
      Setting.open ("stop-writes-on-bgsave-error", "yes|no",  "yes",       Setting.yesOrNo(),                    "refuse changes while that fails"),
      Setting.open ("rdbcompression",         "yes|no",       "yes",       Setting.yesOrNo(),                    "compress long texts in it"),
      Setting.fixed("rdbchecksum",            "yes|no",       "yes",       Setting.only("yes"),                  ""),
      Setting.open ("appendonly",             "yes|no",       "no",        Setting.yesOrNo(),                    "log every change, too"),
      Setting.open ("appendfsync",            "always|everysec|no", "everysec", Setting.oneOf("everysec", "always", "no"), "when the log is forced to disk; always: before a change is acknowledged"),
      Setting.fixed("appendfilename",         "name",         "appendonly.aof", Setting::fileName,               "beginning of the names of the log's files"),
      Setting.fixed("appenddirname",          "name",         "appendonlydir", Setting::fileName,                "directory within dir where they are"),
      Setting.open ("auto-aof-rewrite-percentage", "n",       "100",       Setting.integer(0, MOST),             "rewrite the log when it has grown by so much; 0: never"),
      Setting.open ("auto-aof-rewrite-min-size", "bytes",     "67108864",  Setting.memory(0, Long.MAX_VALUE),    "but not while it is shorter"),
      Setting.open ("aof-use-rdb-preamble",   "yes|no",       "yes",       Setting.only("yes"),                  ""),
      Setting.open ("aof-load-truncated",     "yes|no",       "yes",       Setting.yesOrNo(),                    "start although the end of the log is missing"),
      Setting.fixed("aof-load-corrupt",       "yes|no",       "no",        Setting.yesOrNo(),                    "start although the log is damaged: what follows is set aside"),
      Setting.fixed("load-unsupported",       "fail|skip",    "fail",      Setting.oneOf("fail", "skip"),        "of lists, sets and the like on disk; skip: start without them, and do not write over the file"));
  // spotless:on

  private final Map<String, String> values = new ConcurrentHashMap<>();
  private final Map<String, Consumer<String>> listeners = new ConcurrentHashMap<>();
  private volatile Consumer<PersistenceOptions> keeper = options -> {};

  /** All by default. */
  public Config() {
    for (Setting setting : ALL) {
      values.put(setting.name(), setting.byDefault());
    }
  }

  /** The same values as another one has now. */
  public Config(Config other) {
    values.putAll(other.values);
  }

  private static int loops() {
    return Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors() / 2));
  }

  private static String share(int part) {
    return String.valueOf(Runtime.getRuntime().maxMemory() / part);
  }

  /** As Redis', but nobody may let replies pile up without end. */
  private static String outputs() {
    long most = Math.max(64 << 20, 2L * LIMITS.maxBulkLength());
    return "normal " + most + " 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
  }

  private static UnaryOperator<String> port() {
    UnaryOperator<String> number = Setting.integer(0, 65_535);
    return text -> text.equalsIgnoreCase("no") ? "no" : number.apply(text);
  }

  private static String permissions(String text) {
    if (!text.matches("0?[0-7]{3}")) {
      throw new IllegalArgumentException("argument must be an octal number such as 700");
    }
    return text;
  }

  private static String commands(String text) {
    Set<String> names = new TreeSet<>();
    for (String word : text.toLowerCase(Locale.ROOT).split("[, ]+", -1)) {
      if (!word.isEmpty() && CommandTable.ALL.rows(word).isEmpty()) {
        throw new IllegalArgumentException("there is no command '" + word + "'");
      }
      names.add(word);
    }
    names.remove("");
    return String.join(",", names);
  }

  private static String policy(String text) {
    return Setting.oneOf(
            Arrays.stream(EvictionPolicy.values()).map(EvictionPolicy::text).toArray(String[]::new))
        .apply(text);
  }

  private static String events(String text) {
    return Notifications.text(Notifications.classes(text));
  }

  /** The row of that name, in whichever case, or null. */
  public static @Nullable Setting find(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (Setting setting : ALL) {
      if (setting.name().equals(lower)) {
        return setting;
      }
    }
    return null;
  }

  /**
   * Gives a setting a value before the server starts.
   *
   * @throws IllegalArgumentException if there is none of that name, or the value is none for it;
   *     the message says what was expected
   */
  public Config with(String name, String value) {
    Setting setting = find(name);
    if (setting == null) {
      throw new IllegalArgumentException("there is no setting '" + name + "'");
    }
    try {
      values.put(setting.name(), setting.reader().apply(value));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "setting '" + name + "' cannot be '" + value + "': " + e.getMessage(), e);
    }
    return this;
  }

  /** The value of a setting. */
  public String get(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  public long number(String name) {
    return Long.parseLong(get(name));
  }

  public boolean isYes(String name) {
    return get(name).equals("yes");
  }

  /** Whether there is a directory to keep the caches in. */
  public boolean isKept() {
    return !get("dir").isEmpty();
  }

  /** How the caches are to be kept, if they {@linkplain #isKept are}. */
  public PersistenceOptions persistence() {
    return new PersistenceOptions(
        get("dir"),
        get("dbfilename"),
        Setting.rules(get("save")),
        isYes("appendonly"),
        Fsync.valueOf(get("appendfsync").toUpperCase(Locale.ROOT)),
        get("appendfilename"),
        get("appenddirname"),
        (int) number("auto-aof-rewrite-percentage"),
        number("auto-aof-rewrite-min-size"),
        isYes("rdbcompression"),
        isYes("aof-load-truncated"),
        isYes("aof-load-corrupt"),
        get("load-unsupported").equals("skip"));
  }

  /** Sets all of that. */
  public Config with(PersistenceOptions options) {
    return with("dir", options.directory())
        .with("dbfilename", options.fileName())
        .with("save", Setting.text(options.saveRules()))
        .with("appendonly", yesOrNo(options.log()))
        .with("appendfsync", options.fsync().name())
        .with("appendfilename", options.logName())
        .with("appenddirname", options.logDirectory())
        .with("auto-aof-rewrite-percentage", String.valueOf(options.rewritePercentage()))
        .with("auto-aof-rewrite-min-size", String.valueOf(options.rewriteMinSize()))
        .with("rdbcompression", yesOrNo(options.compress()))
        .with("aof-load-truncated", yesOrNo(options.loadTruncated()))
        .with("aof-load-corrupt", yesOrNo(options.loadCorrupt()))
        .with("load-unsupported", options.skipUnsupported() ? "skip" : "fail");
  }

  private static String yesOrNo(boolean yes) {
    return yes ? "yes" : "no";
  }

  /**
   * Tells how the caches are to be kept from now on, once for all settings that change together and
   * before they do: if a {@link PersistenceException} is thrown, they stay as they were.
   */
  void beforeKeepingChanges(Consumer<PersistenceOptions> keeper) {
    this.keeper = keeper;
  }

  /** How large requests may be. */
  public RequestLimits requestLimits() {
    int bulk = (int) number("proto-max-bulk-len");
    return new RequestLimits(bulk, (int) Math.max(bulk, number("client-query-buffer-limit")));
  }

  /** Tells of the value of a setting, now and whenever it has been changed. */
  public void follow(String name, Consumer<String> listener) {
    onChange(name, listener);
    listener.accept(get(name));
  }

  /** Tells of the value of a setting whenever it has been changed. */
  public void onChange(String name, Consumer<String> listener) {
    listeners.merge(name, listener, Consumer::andThen);
  }

  /** The settings whose names match, with their values; one that is named as it was written. */
  Map<String, String> matching(List<byte[]> patterns) {
    Map<Setting, String> names = new LinkedHashMap<>();
    for (byte[] pattern : patterns) {
      String text = new String(pattern, StandardCharsets.UTF_8);
      Setting named = find(text);
      if (named != null) {
        names.putIfAbsent(named, text);
        continue;
      }
      Glob glob = Glob.ofAnyCase(pattern);
      for (Setting setting : ALL) {
        if (glob.matches(setting.name().getBytes(StandardCharsets.US_ASCII))) {
          names.putIfAbsent(setting, setting.name());
        }
      }
    }
    Map<String, String> found = new LinkedHashMap<>();
    names.forEach((setting, name) -> found.put(name, get(setting.name())));
    return found;
  }

  /**
   * Changes all of these or, if one of them is wrong, none.
   *
   * @param holdsNothing whether this thread holds no entry, for which others would wait in vain if
   *     it waited for files
   */
  synchronized void change(List<String> names, List<String> given, boolean holdsNothing) {
    Map<String, String> changes = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Setting setting = find(names.get(i));
      if (setting == null) {
        throw Args.error(
            "Unknown option or number of arguments for CONFIG SET - '" + names.get(i) + "'");
      }
      if (setting.fixed()) {
        throw refused(setting, "can't set immutable config");
      }
      if (changes.containsKey(setting.name())) {
        throw refused(setting, "duplicate parameter");
      }
      try {
        changes.put(setting.name(), setting.reader().apply(given.get(i)));
      } catch (IllegalArgumentException e) {
        throw refused(setting, String.valueOf(e.getMessage()));
      }
    }
    tellKeeper(changes, holdsNothing);
    values.putAll(changes);
    List<String> changed = new ArrayList<>(changes.keySet());
    changed.removeIf(name -> !listeners.containsKey(name));
    for (String name : changed) {
      Objects.requireNonNull(listeners.get(name)).accept(get(name));
    }
  }

  private void tellKeeper(Map<String, String> changes, boolean holdsNothing) {
    PersistenceOptions kept = persistence();
    Config next = new Config(this);
    Setting first = null; // of those that it is about
    for (Map.Entry<String, String> change : changes.entrySet()) {
      next.values.put(change.getKey(), change.getValue());
      first = first == null && !next.persistence().equals(kept) ? find(change.getKey()) : first;
    }
    if (first != null) {
      if (!holdsNothing) {
        throw refused(first, "cannot be part of a transaction, whose keys it would hold");
      }
      try {
        keeper.accept(next.persistence());
      } catch (PersistenceException e) {
        throw refused(first, String.valueOf(e.getMessage()));
      }
    }
  }

  private static OperationException refused(Setting setting, String reason) {
    return Args.error(
        "CONFIG SET failed (possibly related to argument '" + setting.name() + "') - " + reason);
  }
}
