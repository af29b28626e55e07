package dev.larder.jcache;

import dev.larder.LarderConfiguration;
import dev.larder.server.command.Spelling;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * What a file and the manager's properties say of its caches and its server.
 *
 * <pre>
 *   default.ttl=10m                       for each cache
 *   cache.com.acme.*.maximum-size=500     for caches whose names begin so
 *   cache.com.acme.users.ttl=30m          for this cache, which the manager makes when it opens
 *   server.enabled=true                   the manager runs a server
 * </pre>
 *
 * <p>Of several that say the same of a cache, its own name counts before the longest beginning of
 * it, and that before the default. Properties are called {@code larder.default.ttl} and so on, and
 * count before the same in the file. Where two settings cannot be beside each other, such as the
 * two bounds, the one that counts takes the place of the other.
 *
 * <p>It keeps texts alone, which are read again for each cache: a class that they name would keep
 * the manager's class loader alive.
 */
final class ManagerSettings {
  /** No settings at all. */
  static final ManagerSettings NONE = new ManagerSettings();

  private static final String PREFIX = "larder.";

  private enum Kind {
    DEFAULT,
    CACHE,
    SERVER;

    String written() {
      return CacheSetting.plain(name());
    }

    static List<String> all() {
      return List.of(values()).stream().map(Kind::written).toList();
    }
  }

  /**
   * What a setting is about.
   *
   * @param name of a cache, or the beginning of names and an asterisk; of other kinds, empty
   */
  private record Scope(Kind kind, String name) {
    static final Scope SERVER = new Scope(Kind.SERVER, "");

    boolean isOneCache() {
      return kind == Kind.CACHE && !name.endsWith("*");
    }

    boolean isAbout(String cache) {
      return switch (kind) {
        case DEFAULT -> true;
        case CACHE ->
            isOneCache()
                ? name.equals(cache)
                : cache.startsWith(name.substring(0, name.length() - 1));
        case SERVER -> false;
      };
    }

    /** What says more of a cache is greater. */
    int weight() {
      return kind == Kind.DEFAULT ? 0 : isOneCache() ? Integer.MAX_VALUE : name.length();
    }

    @Override
    public String toString() {
      if (kind != Kind.CACHE) {
        return kind.written();
      }
      return (isOneCache() ? "cache '" : "caches '") + name + "'";
    }
  }

  /** By what they are about, and then by their names as the tables have them. */
  private final Map<Scope, Map<String, GivenSetting>> settings = new LinkedHashMap<>();

  private ManagerSettings() {}

  // ------------------------------------------------------------------------------------- reading

  /**
   * Reads all settings of a manager.
   *
   * @throws CacheException if any of them is wrong; the message has a line for each that is
   */
  static ManagerSettings read(
      @Nullable SettingsFile file, Properties properties, ClassLoader loader) {
    List<String> wrong = new ArrayList<>();
    ManagerSettings read = new ManagerSettings();
    if (file != null) {
      for (PropertyLines.Line line : file.lines()) {
        String where = file.name() + ", line " + line.number();
        read.add(new GivenSetting(where, line.key(), line.value()), line.key(), loader, wrong);
      }
    }
    ManagerSettings more = new ManagerSettings();
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      if (name.startsWith(PREFIX)) {
        GivenSetting property =
            new GivenSetting("manager properties", name, properties.getProperty(name));
        more.add(property, name.substring(PREFIX.length()), loader, wrong);
      }
    }
    more.settings.forEach((scope, over) -> override(scope, read.of(scope), over));
    List.copyOf(read.settings.keySet()).forEach(scope -> read.requireNeeds(scope, wrong));
    if (!wrong.isEmpty()) {
      throw new CacheException(String.join("\n", wrong));
    }
    return read;
  }

  private void add(GivenSetting given, String key, ClassLoader loader, List<String> wrong) {
    try {
      Scope scope = scope(given, key);
      String name = name(given, scope, key.substring(key.lastIndexOf('.') + 1));
      requireAlone(given, scope, name);
      of(scope).put(name, given);
      if (scope.kind == Kind.SERVER) {
        ServerSettings.check(name, given);
      } else {
        row(name).reader().read(given.text().strip(), loader);
      }
    } catch (CacheException e) {
      wrong.add(e.getMessage());
    } catch (IllegalArgumentException e) {
      wrong.add(given.wrong(String.valueOf(e.getMessage())).getMessage());
    }
  }

  /** What a key is about; its last part is the setting, as names of caches may have dots. */
  private static Scope scope(GivenSetting given, String key) {
    int first = key.indexOf('.');
    String begin = first < 0 ? key : key.substring(0, first);
    int kind = Kind.all().indexOf(CacheSetting.plain(begin));
    if (kind < 0) {
      String nearest = Spelling.nearest(begin, Kind.all()) + key.substring(begin.length());
      if (key.startsWith(PREFIX)) {
        nearest = key.substring(PREFIX.length()); // that is for properties alone
      } else if (CacheSetting.find(key) != null) {
        nearest = "default." + key;
      }
      throw new CacheException(
          given.where()
              + ": unknown setting '"
              + given.key()
              + "', did you mean '"
              + nearest
              + "'?");
    }
    int last = key.lastIndexOf('.');
    boolean named = Kind.values()[kind] == Kind.CACHE;
    if (first < 0 || named == (first == last) || named && first + 1 == last) {
      String expected = named ? "cache.<name>.<setting>" : begin + ".<setting>";
      throw given.wrong("expected a key like " + expected);
    }
    return new Scope(Kind.values()[kind], named ? key.substring(first + 1, last) : "");
  }

  /** The setting's name as the table has it. */
  private static String name(GivenSetting given, Scope scope, String written) {
    List<String> known;
    if (scope.kind == Kind.SERVER) {
      String name = ServerSettings.name(written);
      if (name != null) {
        return name;
      }
      known = ServerSettings.names();
    } else {
      CacheSetting<?> row = CacheSetting.find(written);
      if (row != null) {
        return row.name();
      }
      known = CacheSetting.ALL.stream().map(CacheSetting::name).toList();
    }
    throw new CacheException(
        given.where()
            + (": unknown setting '" + written + "' of " + scope)
            + (", did you mean '" + Spelling.nearest(written, known) + "'?"));
  }

  private void requireAlone(GivenSetting given, Scope scope, String name) {
    of(scope)
        .forEach(
            (other, earlier) -> {
              if (other.equals(name)) {
                throw given.wrong("expected once, found also as " + earlier);
              }
              if (excludes(scope, name, other)) {
                throw given.wrong("expected this or " + other + ", found also " + earlier);
              }
            });
  }

  private static boolean excludes(Scope scope, String name, String other) {
    return scope.kind != Kind.SERVER && (row(name).excludes(other) || row(other).excludes(name));
  }

  /** Puts settings in the place of the same ones, and of those that cannot be beside them. */
  private static void override(
      Scope scope, Map<String, GivenSetting> under, Map<String, GivenSetting> over) {
    over.forEach(
        (name, setting) -> {
          under.keySet().removeIf(other -> excludes(scope, name, other));
          under.put(name, setting);
        });
  }

  /** Where one cache is told what has no effect, that is a mistake; as a default, it may not be. */
  private void requireNeeds(Scope scope, List<String> wrong) {
    if (!scope.isOneCache()) {
      return;
    }
    Map<String, GivenSetting> all = about(scope.name);
    of(scope)
        .forEach(
            (name, setting) -> {
              String needed = row(name).needs();
              boolean off =
                  List.of("false", "no").contains(setting.text().strip().toLowerCase(Locale.ROOT));
              if (!needed.isEmpty() && !off && !all.containsKey(needed)) {
                wrong.add(
                    setting
                        .wrong("expected also " + needed + " of " + scope + ", found none")
                        .getMessage());
              }
            });
  }

  private static CacheSetting<?> row(String name) {
    return Objects.requireNonNull(CacheSetting.find(name), name);
  }

  private Map<String, GivenSetting> of(Scope scope) {
    return settings.computeIfAbsent(scope, s -> new LinkedHashMap<>());
  }

  // -------------------------------------------------------------------------------------- using

  /** The caches that are to be there when the manager has opened, in the order of their lines. */
  List<String> caches() {
    return settings.keySet().stream().filter(Scope::isOneCache).map(Scope::name).toList();
  }

  /** The first setting of one of those caches; null if there is none. */
  @Nullable GivenSetting first(String cache) {
    Map<String, GivenSetting> given = settings.get(new Scope(Kind.CACHE, cache));
    return given == null ? null : given.values().iterator().next();
  }

  private Map<String, GivenSetting> about(String cache) {
    Map<String, GivenSetting> all = new LinkedHashMap<>();
    settings.keySet().stream()
        .filter(scope -> scope.isAbout(cache))
        .sorted(Comparator.comparingInt(Scope::weight))
        .forEach(scope -> override(scope, all, of(scope)));
    return all;
  }

  /**
   * The configuration of a cache, with what it leaves at JCache's defaults as it is said here.
   *
   * @throws CacheException if a class that is named is not there any more
   */
  <K, V> LarderConfiguration<K, V> complete(
      String cache, LarderConfiguration<K, V> given, ClassLoader loader) {
    CacheDraft draft = new CacheDraft(given);
    about(cache)
        .forEach(
            (name, setting) -> {
              try {
                row(name).apply(setting.text().strip(), loader, draft);
              } catch (IllegalArgumentException e) {
                throw setting.wrong(String.valueOf(e.getMessage()), e);
              }
            });
    @SuppressWarnings("unchecked") // the types may now be narrower, as they were told
    LarderConfiguration<K, V> complete = (LarderConfiguration<K, V>) draft.finished();
    return complete;
  }

  ServerSettings server() {
    return new ServerSettings(settings.getOrDefault(Scope.SERVER, Map.of()));
  }
}
