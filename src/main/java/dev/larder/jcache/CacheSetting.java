package dev.larder.jcache;

import static java.time.temporal.ChronoUnit.DAYS;
import static java.time.temporal.ChronoUnit.HOURS;
import static java.time.temporal.ChronoUnit.MILLIS;
import static java.time.temporal.ChronoUnit.MINUTES;
import static java.time.temporal.ChronoUnit.SECONDS;

import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.Weigher;
import dev.larder.server.command.Config;
import dev.larder.server.command.Setting;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of what a file, or properties, may say of a cache. A row tells how its text
 * is read, when a configuration leaves it open, and what to do with it.
 *
 * @param name as it is written; read without regard to case and hyphens
 * @param value what stands for the value in a text for people
 * @param byDefault what it is if nobody says it; empty: nothing
 * @param needs the setting without which it has no effect; empty: none
 * @param excludes those that cannot be beside it, between blanks
 * @param reader makes a value of a text; what is wrong is the message of an
 *     IllegalArgumentException
 * @param open whether a configuration does not say it itself
 * @param meaning in a few words
 */
@SuppressWarnings("rawtypes") // the factories of the classes that a text names
record CacheSetting<T>(
    String name,
    String value,
    String byDefault,
    String needs,
    String excludes,
    Reader<T> reader,
    Predicate<LarderConfiguration<?, ?>> open,
    BiConsumer<CacheDraft, T> setter,
    String meaning) {

  /** Reads a value; classes are those of the loader. */
  interface Reader<T> {
    T read(String text, ClassLoader loader);
  }

  private static final String LIFETIMES = "ttl update-expiry access-expiry";

  /** No bound, where a default would set one. */
  private static final String UNBOUNDED = "unbounded";

  /** What a deadline is left at. */
  private static final String KEEP = "keep";

  // spotless:off
  static final List<CacheSetting<?>> ALL = List.of(
      row ("key-type",       "class",          "Object",  "",               "",                   NamedClass::type,              c -> c.getKeyType() == Object.class,          CacheDraft::keyType,      "of the keys: `com.acme.Id`, and without package those of `java.lang` and `UUID`"),
      row ("value-type",     "class",          "Object",  "",               "",                   NamedClass::type,              c -> c.getValueType() == Object.class,        CacheDraft::valueType,    "of the values; also `byte[]`"),
      row ("store-by-value", "true|false",     "true",    "",               "",                   CacheSetting::truth,           LarderConfiguration::isStoreByValue,          CacheDraft::storeByValue, "copy keys and values in and out, if they can change"),
      row ("ttl",            "duration",       "eternal", "",               "expiry",             CacheSetting::lifetime,        CacheSetting::isEternal,                      CacheDraft::ttl,          "how long an entry lives from its creation, and from each update"),
      row ("update-expiry",  "duration|keep", "as ttl", "",               "expiry",             CacheSetting::lifetimeOrKeep,  CacheSetting::isEternal,                      CacheDraft::update,       "from an update on; `keep`: it does not move the deadline"),
      row ("access-expiry",  "duration|keep", "keep",   "",               "expiry",             CacheSetting::lifetimeOrKeep,  CacheSetting::isEternal,                      CacheDraft::access,       "from a read on; without a ttl also from creation and update"),
      row ("expiry",         "class",          "",        "",               LIFETIMES,            made(ExpiryPolicy.class),      CacheSetting::isEternal,                      CacheDraft::expiry,       "an ExpiryPolicy in place of these three"),
      row ("ttl-jitter",     "fraction",       "0",       "",               "",                   CacheSetting::fraction,        c -> c.ttlJitter() == 0,                      CacheDraft::ttlJitter,    "shorten lifetimes at random by up to this part: 0.2"),
      row ("maximum-size",   "n|unbounded",    "",        "",               "maximum-weight",     CacheSetting::entries,         CacheSetting::isUnbounded,                    CacheDraft::maximumSize,  "entries; beyond, those of least use are evicted; `unbounded`: none are, whatever the default says"),
      row ("maximum-weight", "bytes|unbounded", "",        "",               "maximum-size",       CacheSetting::bytes,           CacheSetting::isUnbounded,                    CacheDraft::maximumWeight, "bytes of the heap, by estimate: `100mb`; `unbounded` as above"),
      row ("weigher",        "class",          "",        "maximum-weight", "maximum-size",       made(Weigher.class),           CacheSetting::isUnbounded,                    CacheDraft::weigher,      "weighs the entries in place of the estimate"),
      row ("statistics",     "true|false",     "false",   "",               "",                   CacheSetting::truth,           c -> !c.isStatisticsEnabled(),                CacheDraft::statistics,   "count operations, and show them by JMX"),
      row ("management",     "true|false",     "false",   "",               "",                   CacheSetting::truth,           c -> !c.isManagementEnabled(),                CacheDraft::management,   "show the configuration by JMX"),
      row ("loader",         "class",          "",        "",               "",                   made(CacheLoader.class),       c -> c.getCacheLoaderFactory() == null,       CacheDraft::loader,       "a CacheLoader"),
      row ("read-through",   "true|false",     "false",   "loader",         "",                   CacheSetting::truth,           c -> !c.isReadThrough(),                      CacheDraft::readThrough,  "`get` loads what is missing"),
      row ("writer",         "class",          "",        "",               "",                   made(CacheWriter.class),       c -> c.getCacheWriterFactory() == null,       CacheDraft::writer,       "a CacheWriter"),
      row ("write-through",  "true|false",     "false",   "writer",         "",                   CacheSetting::truth,           c -> !c.isWriteThrough(),                     CacheDraft::writeThrough, "changes are written before they are stored"),
      row ("key-codec",      "class",          "",        "",               "",                   made(Codec.class),             c -> c.keyCodec() == null,                    CacheDraft::keyCodec,     "a `dev.larder.Codec`: how keys are copied and shown"),
      row ("value-codec",    "class",          "",        "",               "",                   made(Codec.class),             c -> c.valueCodec() == null,                  CacheDraft::valueCodec,   "the same of values"),
      row ("allow",          "patterns",       "",        "",               "",                   CacheSetting::patterns,        c -> c.allowed().isEmpty(),                   CacheDraft::allow,        "classes that may be loaded from disk: `com.acme.*, java.util.**`"),
      kept("dir",                         "keep the cache in files, in a directory of its own below this one; empty: do not"),
      kept("dbfilename",                  "file of the snapshot"),
      kept("save",                        "when one is written: `3600 1 300 100` is after an hour and 1 change, or 5 minutes and 100"),
      kept("rdbcompression",              "compress long texts in it"),
      kept("appendonly",                  "log every change, too"),
      kept("appendfsync",                 "when the log is forced to disk; `always`: before a change returns"),
      kept("appendfilename",              "beginning of the names of the log's files"),
      kept("appenddirname",               "directory where they are"),
      kept("auto-aof-rewrite-percentage", "rewrite the log when it has grown by so much; 0: never"),
      kept("auto-aof-rewrite-min-size",   "but not while it is shorter"),
      kept("aof-load-truncated",          "open although the end of the log is missing"),
      kept("aof-load-corrupt",            "open although the log is damaged: what follows is set aside"),
      kept("load-unsupported",            "of lists, sets and the like on disk; `skip`: open without them"));
  // spotless:on

  private static <T> CacheSetting<T> row(
      String name,
      String value,
      String byDefault,
      String needs,
      String excludes,
      Reader<T> reader,
      Predicate<LarderConfiguration<?, ?>> open,
      BiConsumer<CacheDraft, T> setter,
      String meaning) {
    return new CacheSetting<>(
        name, value, byDefault, needs, excludes, reader, open, setter, meaning);
  }

  /** A row for one of the server's settings that are about files. */
  private static CacheSetting<String> kept(String name, String meaning) {
    Setting setting = Objects.requireNonNull(Config.find(name), name);
    return row(
        name,
        setting.value(),
        setting.byDefault(),
        name.equals("dir") ? "" : "dir",
        "",
        (text, loader) -> redis(setting, text),
        configuration -> configuration.persistence() == null,
        (draft, text) -> draft.kept(name, text),
        meaning);
  }

  /** The row of that name, however it is written, or null. */
  static @Nullable CacheSetting<?> find(String name) {
    String plain = plain(name);
    for (CacheSetting<?> setting : ALL) {
      if (plain(setting.name).equals(plain)) {
        return setting;
      }
    }
    return null;
  }

  /** A name as names are compared: {@code maximumSize} is {@code maximum-size}. */
  static String plain(String name) {
    return name.replace("-", "").toLowerCase(Locale.ROOT);
  }

  /** Whether this cannot be beside another one of the same cache. */
  boolean excludes(String other) {
    return (" " + excludes + " ").contains(" " + other + " ");
  }

  /** Tells a draft what a text says, unless its configuration does itself. */
  void apply(String text, ClassLoader loader, CacheDraft draft) {
    if (open.test(draft.given())) {
      setter.accept(draft, reader.read(text, loader));
    }
  }

  // ------------------------------------------------------------------------------------ readers

  private static final Pattern AMOUNT = Pattern.compile("(\\d+) ?(ms|s|m|h|d)");
  private static final Map<String, ChronoUnit> UNITS =
      Map.of("ms", MILLIS, "s", SECONDS, "m", MINUTES, "h", HOURS, "d", DAYS);

  /** A value in Redis' words; that of a password is not told. */
  static String redis(Setting setting, String text) {
    try {
      return setting.reader().apply(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "expected "
              + setting.value()
              + (setting.isSecret() ? "" : ", found '" + text + "'")
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static boolean truth(String text, ClassLoader loader) {
    return truth(text);
  }

  static boolean truth(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (!List.of("true", "yes", "false", "no").contains(lower)) {
      throw expected("true or false", text);
    }
    return lower.equals("true") || lower.equals("yes");
  }

  private static javax.cache.expiry.Duration lifetime(String text, ClassLoader loader) {
    return duration(text, "or eternal");
  }

  private static Optional<javax.cache.expiry.Duration> lifetimeOrKeep(
      String text, ClassLoader loader) {
    return text.equalsIgnoreCase(KEEP)
        ? Optional.empty()
        : Optional.of(duration(text, "eternal or keep"));
  }

  private static javax.cache.expiry.Duration duration(String text, String words) {
    if (text.equalsIgnoreCase("eternal")) {
      return javax.cache.expiry.Duration.ETERNAL;
    }
    try {
      Matcher amount = AMOUNT.matcher(text.toLowerCase(Locale.ROOT));
      Duration duration =
          amount.matches()
              ? Duration.of(
                  Long.parseLong(amount.group(1)), UNITS.getOrDefault(amount.group(2), DAYS))
              : Duration.parse(text);
      if (!duration.isNegative() && !duration.isZero()) {
        return CacheDraft.millis(duration);
      }
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      // as below
    }
    throw expected("a positive duration such as 500ms, 90s, 10m, PT10M, " + words, text);
  }

  private static double fraction(String text, ClassLoader loader) {
    try {
      double fraction = Double.parseDouble(text);
      if (fraction >= 0 && fraction < 1) {
        return fraction;
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw expected("a fraction of at least 0 and less than 1, such as 0.2", text);
  }

  private static OptionalLong entries(String text, ClassLoader loader) {
    if (text.equalsIgnoreCase(UNBOUNDED)) {
      return OptionalLong.empty();
    }
    try {
      long entries = Long.parseLong(text);
      if (entries > 0) {
        return OptionalLong.of(entries);
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw expected("a number of entries, at least 1, or unbounded", text);
  }

  private static OptionalLong bytes(String text, ClassLoader loader) {
    if (text.equalsIgnoreCase(UNBOUNDED)) {
      return OptionalLong.empty();
    }
    try {
      long bytes = Setting.bytes(text);
      if (bytes > 0) {
        return OptionalLong.of(bytes);
      }
    } catch (IllegalArgumentException e) {
      // as below
    }
    throw expected("a number of bytes, at least 1, such as 100mb, or unbounded", text);
  }

  private static List<String> patterns(String text, ClassLoader loader) {
    List<String> patterns = new ArrayList<>();
    for (String pattern : text.split(",", -1)) {
      patterns.add(pattern.strip());
    }
    LarderConfiguration.builder(Object.class, Object.class).allow(patterns.toArray(String[]::new));
    return patterns;
  }

  private static <T> Reader<javax.cache.configuration.Factory<T>> made(Class<T> type) {
    return (text, loader) -> NamedClass.factory(text, type, loader);
  }

  private static IllegalArgumentException expected(String what, String found) {
    return new IllegalArgumentException("expected " + what + ", found '" + found + "'");
  }

  // ------------------------------------------------------------------- what a configuration says

  private static boolean isEternal(LarderConfiguration<?, ?> configuration) {
    return configuration.getExpiryPolicyFactory().equals(EternalExpiryPolicy.factoryOf());
  }

  private static boolean isUnbounded(LarderConfiguration<?, ?> configuration) {
    return configuration.maximumSize().isEmpty() && configuration.maximumWeight().isEmpty();
  }
}
