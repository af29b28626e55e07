package dev.larder.spring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/**
 * What {@code application.yml} says of Larder:
 *
 * <pre>
 *   larder:
 *     default:                      # every cache that is not told otherwise
 *       ttl: 10m
 *     cache:
 *       books:                      # a cache that is there from the start
 *         maximum-size: 500
 *       "[com.acme.*]":             # caches whose names begin so; dots need the brackets
 *         statistics: true
 *     server:
 *       enabled: true               # and any other setting of the server
 *       maxmemory: 100mb
 * </pre>
 *
 * Boot itself refuses a name that is not here, and says in which line it found it. What values mean
 * is left to the cache manager, which takes the same settings from a {@code larder.properties}.
 *
 * @param defaults for every cache that is not told otherwise
 * @param cache by the name of the cache, or by the beginning of names and an asterisk
 * @param server by the names of the server's settings, of which there are many
 * @param createMissingCaches whether a cache is made that is asked for and is not there; by
 *     default, unless {@code spring.cache.cache-names} lists all there are
 */
@ConfigurationProperties(prefix = "larder", ignoreUnknownFields = false)
record LarderProperties(
    @Name("default") @DefaultValue CacheSettings defaults,
    @DefaultValue Map<String, CacheSettings> cache,
    @DefaultValue Map<String, String> server,
    @Nullable Boolean createMissingCaches) {

  static final String CACHE = "larder.cache.";
  private static final String DEFAULT = "larder.default.";
  private static final String SERVER = "larder.server.";

  /** Settings of one cache; null is one that nobody made. */
  record CacheSettings(
      @Nullable String keyType,
      @Nullable String valueType,
      @Nullable Boolean storeByValue,
      @Nullable String ttl,
      @Nullable String updateExpiry,
      @Nullable String accessExpiry,
      @Nullable String expiry,
      @Nullable Double ttlJitter,
      @Nullable String maximumSize,
      @Nullable String maximumWeight,
      @Nullable String weigher,
      @Nullable Boolean statistics,
      @Nullable Boolean management,
      @Nullable String loader,
      @Nullable Boolean readThrough,
      @Nullable String writer,
      @Nullable Boolean writeThrough,
      @Nullable String keyCodec,
      @Nullable String valueCodec,
      @Nullable List<String> allow,
      @Nullable String dir,
      @Nullable String dbfilename,
      @Nullable String save,
      @Nullable Boolean rdbcompression,
      @Nullable Boolean appendonly,
      @Nullable String appendfsync,
      @Nullable String appendfilename,
      @Nullable String appenddirname,
      @Nullable Integer autoAofRewritePercentage,
      @Nullable String autoAofRewriteMinSize,
      @Nullable Boolean aofLoadTruncated,
      @Nullable Boolean aofLoadCorrupt,
      @Nullable String loadUnsupported) {

    // spotless:off
    private void addTo(Map<String, String> settings, String prefix) {
      Rows rows = new Rows(settings, prefix);
      rows.add("key-type",                    keyType);
      rows.add("value-type",                  valueType);
      rows.add("store-by-value",              storeByValue);
      rows.add("ttl",                         ttl);
      rows.add("update-expiry",               updateExpiry);
      rows.add("access-expiry",               accessExpiry);
      rows.add("expiry",                      expiry);
      rows.add("ttl-jitter",                  ttlJitter);
      rows.add("maximum-size",                maximumSize);
      rows.add("maximum-weight",              maximumWeight);
      rows.add("weigher",                     weigher);
      rows.add("statistics",                  statistics);
      rows.add("management",                  management);
      rows.add("loader",                      loader);
      rows.add("read-through",                readThrough);
      rows.add("writer",                      writer);
      rows.add("write-through",               writeThrough);
      rows.add("key-codec",                   keyCodec);
      rows.add("value-codec",                 valueCodec);
      rows.add("allow",                       allow == null ? null : String.join(",", allow));
      rows.add("dir",                         dir);
      rows.add("dbfilename",                  dbfilename);
      rows.add("save",                        save);
      rows.add("rdbcompression",              yesOrNo(rdbcompression));
      rows.add("appendonly",                  yesOrNo(appendonly));
      rows.add("appendfsync",                 yesOrNo(appendfsync));
      rows.add("appendfilename",              appendfilename);
      rows.add("appenddirname",               appenddirname);
      rows.add("auto-aof-rewrite-percentage", autoAofRewritePercentage);
      rows.add("auto-aof-rewrite-min-size",   autoAofRewriteMinSize);
      rows.add("aof-load-truncated",          yesOrNo(aofLoadTruncated));
      rows.add("aof-load-corrupt",            yesOrNo(aofLoadCorrupt));
      rows.add("load-unsupported",            loadUnsupported);
    }
    // spotless:on
  }

  private record Rows(Map<String, String> settings, String prefix) {
    void add(String name, @Nullable Object value) {
      if (value != null) {
        settings.put(prefix + name, value.toString());
      }
    }
  }

  /** All of them as the properties of a cache manager: {@code larder.cache.books.ttl} is a key. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    defaults.addTo(settings, DEFAULT);
    cache.forEach((name, one) -> one.addTo(settings, CACHE + name + "."));
    server.forEach(
        (name, value) -> {
          String key = SERVER + name.replaceFirst("\\.\\d+$", ""); // an element of a list
          String text = name.contains("pass") ? value : yesOrNo(value);
          settings.merge(key, text, (one, next) -> one + "," + next);
        });
    return settings;
  }

  /** Redis' {@code yes} and {@code no}, of which YAML makes {@code true} and {@code false}. */
  private static @Nullable String yesOrNo(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    String text = value.toString();
    return text.equals("true") ? "yes" : text.equals("false") ? "no" : text;
  }
}
