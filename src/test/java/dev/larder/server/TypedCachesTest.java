package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.CacheOperations;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Caches of {@code javax.cache} whose keys and values are no strings, through the socket. */
final class TypedCachesTest {
  private final CachingProvider provider =
      Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
  private Cache<Object, Object> any;
  private Cache<Long, String> byNumber;
  private Cache<Pair, String> byPair;
  private Cache<String, User> users;
  private LarderServer server;
  private Client client;

  /** A key of the application's, as Spring's {@code SimpleKey} is one. */
  record Pair(String left, int right) implements java.io.Serializable {}

  public record User(String name, List<String> roles) implements java.io.Serializable {}

  @BeforeEach
  void start() throws IOException {
    CacheManager manager = provider.getCacheManager();
    any = manager.createCache("any", new MutableConfiguration<>());
    byNumber = manager.createCache("numbers", types(Long.class, String.class));
    byPair = manager.createCache("pairs", types(Pair.class, String.class));
    users = manager.createCache("users", types(String.class, User.class));
    server = LarderServer.builder(any, byNumber, byPair, users).port(0).start();
    client = new Client(server);
  }

  private static <K, V> MutableConfiguration<K, V> types(Class<K> key, Class<V> value) {
    return new MutableConfiguration<K, V>().setTypes(key, value);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
    provider.close();
  }

  private void run(String script) throws IOException {
    Script.run(script, client, client);
  }

  @Test
  void aTextFindsTheKeyThatIsThere() throws IOException {
    UUID uuid = UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e");
    any.put(42L, "long");
    any.put(7, 1);
    any.put(uuid, "uuid");
    any.put(new Pair("a", 2), "pair");
    run(
        """
        get 42                                     -> $'long'
        incr 7                                     -> :2
        get 0f8fad5b-d9cb-469f-a165-70867728950e   -> $'uuid'
        get Pair[left=a,_right=2]                  -> $'pair'
        exists 42 7 8                              -> :2
        set 42 changed                             -> +OK
        set 43 new                                 -> +OK
        rename 7 8                                 -> +OK
        del Pair[left=a,_right=2]                  -> :1
        dbsize                                     -> :4
        """);
    assertThat(any.get(42L)).isEqualTo("changed");
    assertThat(any.get("43")).isEqualTo("new");
    assertThat(any.get("8")).isEqualTo(2);
    assertThat(any.containsKey(new Pair("a", 2))).isFalse();
  }

  @Test
  void ofSeveralKeysWithOneTextTheStringIsRead() throws IOException {
    any.put(42L, "long");
    any.put("42", "string");
    run(
        """
        get 42        -> $'string'
        set 42 x      -> +OK
        del 42        -> :1
        get 42        -> $'long'
        set 42 y      -> +OK
        mget 42 43    -> *2\\n$1\\ny\\n$-1
        """);
    assertThat(any.get(42L)).isEqualTo("y");
  }

  @Test
  void aTransactionHoldsEveryKeyThatATextMayMean() throws IOException {
    any.put(1L, "a");
    run(
        """
        multi         -> +OK
        get 1         -> +QUEUED
        set 1 b       -> +QUEUED
        del 1         -> +QUEUED
        set 1 c       -> +QUEUED
        exec          -> *4\\n$1\\na\\n+OK\\n:1\\n+OK
        get 1         -> $'c'
        """);
    assertThat(any.containsKey(1L)).isFalse();
    assertThat(any.get("1")).isEqualTo("c");
  }

  @Test
  void typedKeysAreReadFromText() throws IOException {
    byNumber.put(5L, "five");
    run(
        """
        select numbers   -> +OK
        get 5            -> $'five'
        set 6 six        -> +OK
        keys *           -> *2\\n$1\\n5\\n$1\\n6
        set six 6        -> -ERR expected a 64-bit integer, found "six"
        get six          -> -ERR expected a 64-bit integer, found "six"
        """);
    assertThat(byNumber.get(6L)).isEqualTo("six");
  }

  @Test
  void keysWithoutATextOfTheirOwnAreFoundByTheirString() throws IOException {
    byPair.put(new Pair("x", 1), "one");
    run(
        """
        select pairs                  -> +OK
        keys *                        -> *1\\n$21\\nPair[left=x,_right=1]
        get Pair[left=x,_right=1]     -> $'one'
        ttl Pair[left=x,_right=1]     -> :-1
        set Pair[left=x,_right=1] two -> +OK
        """);
    assertThat(byPair.get(new Pair("x", 1))).isEqualTo("two");
    assertThat(client.reply("SET", "nothing", "x"))
        .startsWith("-ERR expected a dev.larder.server.TypedCachesTest$Pair, which cannot be made");
  }

  @Test
  void objectsAreShownAsJsonAndNotWritten() throws IOException {
    users.put("ann", new User("Ann", List.of("admin", "dev")));
    run(
        """
        select users      -> +OK
        get ann           -> $'{"name":"Ann","roles":["admin","dev"]}'
        strlen ann        -> -WRONGTYPE Operation against a key holding the wrong kind of value
        expire ann 100    -> :1
        ttl ann           -> :100
        """);
    assertThat(client.reply("SET", "bob", "{}"))
        .startsWith("-ERR expected a dev.larder.server.TypedCachesTest$User, which cannot be made");
    assertThat(users.get("ann")).isEqualTo(new User("Ann", List.of("admin", "dev")));
    assertThat(client.reply("DEL", "ann")).isEqualTo(":1\r\n");
    assertThat(users.containsKey("ann")).isFalse();
  }

  @Test
  void anObjectMakesOnlyItsOwnCacheSlow() {
    users.put("ann", new User("Ann", List.of()));
    assertThat(users.unwrap(CacheOperations.class).holdsObjects()).isTrue();
    any.put("a", "b");
    any.put(1L, 2L);
    assertThat(any.unwrap(CacheOperations.class).holdsObjects()).isFalse();
    any.put(new Pair("a", 1), 2L);
    assertThat(any.unwrap(CacheOperations.class).holdsObjects()).isTrue();
  }
}
