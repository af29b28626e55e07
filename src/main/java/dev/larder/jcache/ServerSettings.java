package dev.larder.jcache;

import dev.larder.server.LarderServer;
import dev.larder.server.command.Config;
import dev.larder.server.command.Setting;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a file may say of the manager's server: all settings of {@code redis.conf} that a server
 * has, and these.
 *
 * <pre>
 *   server.enabled=true            without it, there is no server
 *   server.caches=users,orders     shows these alone, and gives them the numbers 0, 1, ...
 *   server.password=secret         another name for requirepass
 * </pre>
 */
final class ServerSettings {
  /** Names that {@code redis.conf} does not have. */
  private static final List<String> OWN = List.of("enabled", "caches", "password");

  /** How many caches there are is not to be chosen where they have names. */
  private static final String NUMBER = "databases";

  private final Map<String, GivenSetting> given;
  private final Set<String> caches;

  ServerSettings(Map<String, GivenSetting> given) {
    this.given = given;
    GivenSetting named = given.get("caches");
    caches = named == null ? Set.of() : caches(named.text());
  }

  /** What a setting is called in the table, however it is written; null if there is none such. */
  static @Nullable String name(String written) {
    String plain = CacheSetting.plain(written);
    for (String known : names()) {
      if (CacheSetting.plain(known).equals(plain)) {
        return known.equals("password") ? "requirepass" : known;
      }
    }
    return null;
  }

  static List<String> names() {
    List<String> names = new ArrayList<>(OWN);
    for (Setting setting : Config.ALL) {
      if (!setting.name().equals(NUMBER)) {
        names.add(setting.name());
      }
    }
    return names;
  }

  /** The value without the blanks around it; those of a password are part of it. */
  private static String text(String name, GivenSetting setting) {
    Setting row = Config.find(name);
    return row != null && row.isSecret() ? setting.text() : setting.text().strip();
  }

  /**
   * Reads a value for the sake of what is wrong with it.
   *
   * @throws IllegalArgumentException if that is something
   */
  static void check(String name, GivenSetting setting) {
    String text = text(name, setting);
    if (name.equals("enabled")) {
      CacheSetting.truth(text);
    } else if (name.equals("caches")) {
      caches(text);
    } else {
      CacheSetting.redis(Objects.requireNonNull(Config.find(name), name), text);
    }
  }

  private static Set<String> caches(String text) {
    Set<String> names = new LinkedHashSet<>();
    for (String name : text.split(",", -1)) {
      if (name.isBlank() || !names.add(name.strip())) {
        throw new IllegalArgumentException(
            "expected names of different caches, with commas between, found '" + text + "'");
      }
    }
    return names;
  }

  /** Whether the server is to show the cache of this name. */
  boolean shows(String cache) {
    return caches.isEmpty() || caches.contains(cache);
  }

  /**
   * Starts the server, if there is to be one.
   *
   * @throws javax.cache.CacheException if it cannot start; it names the line of the port
   */
  @Nullable LarderServer start(LarderCacheManager manager) {
    GivenSetting enabled = given.get("enabled");
    if (enabled == null || !CacheSetting.truth(enabled.text().strip())) {
      return null;
    }
    try {
      LarderServer.Builder builder = LarderServer.builder(manager);
      if (!caches.isEmpty()) {
        builder.reserve(List.copyOf(caches)).onlyReserved();
      }
      given.forEach(
          (name, setting) -> {
            if (name.equals("bind")) {
              builder.bind(text(name, setting)); // also looks the name up
            } else if (!OWN.contains(name)) {
              builder.config(name, text(name, setting));
            }
          });
      return builder.start();
    } catch (RuntimeException e) {
      throw given
          .getOrDefault("port", enabled)
          .wrong("the server cannot start: " + e.getMessage(), e);
    }
  }
}
