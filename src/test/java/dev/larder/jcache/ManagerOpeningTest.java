package dev.larder.jcache;

import static dev.larder.jcache.Configured.configurationOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.server.LarderServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The opening of a manager, which runs code of the user's: its failures, and who else asks. */
class ManagerOpeningTest {
  private static final String NAMED = NamedCode.class.getName() + "$";
  private static final String BY_FACTORY = ".loader=" + NAMED + "LoaderFactory\n";

  @RegisterExtension final Configured configured = new Configured();
  private final LarderCachingProvider provider = configured.provider;

  @AfterEach
  void madeByTheFactoryIsALoaderAgain() {
    NamedCode.MADE.set(NamedCode.Loader::new);
  }

  private static void makes(Supplier<Object> loader) {
    NamedCode.MADE.set(loader);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> CompletableFuture<T> inThread(Supplier<T> code) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(code.get());
              } catch (Throwable t) {
                result.completeExceptionally(t);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return result.orTimeout(1, TimeUnit.MINUTES);
  }

  /** Until a thread waits for something, which it will not stop to do by itself. */
  private static void untilWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  // ------------------------------------------------------------------------------------- failure

  @Test
  void ifOneCacheCannotBeMadeNothingStays() throws Exception {
    ClassLoader loader =
        configured.loader(
            "cache.first.management=true\n"
                + "cache.first.loader="
                + NAMED
                + "Loader\n"
                + "cache.second.statistics=true\n"
                + "cache.second.loader="
                + NAMED
                + "BadLoader\n");
    URI uri = URI.create("t:opening");
    int closed = NamedCode.CLOSED.get();

    assertThatThrownBy(() -> provider.getCacheManager(uri, loader))
        .isInstanceOf(CacheException.class)
        .hasMessageStartingWith("larder.properties, line 3: cache 'second' cannot be made: ")
        .hasRootCauseMessage("no database");

    assertThat(NamedCode.CLOSED.get() - closed).isEqualTo(1);
    ObjectName beans = new ObjectName("javax.cache:CacheManager=t.opening,*");
    assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(beans, null)).isEmpty();
    assertThatThrownBy(() -> provider.getCacheManager(uri, loader)) // tried again
        .isInstanceOf(CacheException.class);
  }

  @Test
  void managerThatCouldNotOpenIsOpenedAnewWhenAskedForAgain() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    makes(() -> null);
    assertThatThrownBy(() -> provider.getCacheManager(null, loader))
        .isInstanceOf(CacheException.class)
        .hasMessageEndingWith("LoaderFactory, found null");

    makes(NamedCode.Loader::new);

    assertThat(provider.getCacheManager(null, loader).getCacheNames()).containsExactly("a");
  }

  @Test
  void codeThatThrowsWhatItDoesNotDeclareLeavesNothingBehindEither() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    makes(() -> undeclared(new IOException("no disk")));
    assertThatThrownBy(() -> provider.getCacheManager(null, loader)).hasMessage("no disk");
    makes(NamedCode.Loader::new);

    CacheManager manager = provider.getCacheManager(null, loader);
    assertThatThrownBy(
            () ->
                manager.createCache(
                    "b",
                    new MutableConfiguration<Object, Object>()
                        .setCacheLoaderFactory(() -> undeclared(new IOException("no disk")))))
        .hasMessage("no disk");
    manager.createCache("b", new MutableConfiguration<Object, Object>());

    assertThat(manager.getCacheNames()).containsExactly("a", "b");
  }

  /** As code of another language, or compiled with tricks, may do. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <R, T extends Throwable> R undeclared(Throwable failure) throws T {
    throw (T) failure;
  }

  // ---------------------------------------------------------------------------------- concurrency

  @Test
  void whoAsksWhileItOpensGetsTheSameWhenItIsOpen() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger made = new AtomicInteger();
    makes(
        () -> {
          begun.countDown();
          await(goOn);
          made.incrementAndGet();
          return new NamedCode.Loader();
        });
    CompletableFuture<CacheManager> first = inThread(() -> provider.getCacheManager(null, loader));
    await(begun);
    CompletableFuture<Thread> waiter = new CompletableFuture<>();
    CompletableFuture<CacheManager> second =
        inThread(
            () -> {
              waiter.complete(Thread.currentThread());
              return provider.getCacheManager(null, loader);
            });
    untilWaiting(waiter.join());

    assertThat(provider.getCacheManager().getCacheNames()).isEmpty(); // others are not held up
    assertThat(second).isNotDone();
    goOn.countDown();

    assertThat(second.join()).isSameAs(first.join());
    assertThat(second.join().getCacheNames()).containsExactly("a");
    assertThat(made).hasValue(1);
  }

  @Test
  void whoAsksWhileItOpensFailsWithIt() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    makes(
        () -> {
          begun.countDown();
          await(goOn);
          throw new IllegalStateException("no database");
        });
    CompletableFuture<CacheManager> first = inThread(() -> provider.getCacheManager(null, loader));
    await(begun);
    CompletableFuture<Thread> waiter = new CompletableFuture<>();
    CompletableFuture<CacheManager> second =
        inThread(
            () -> {
              waiter.complete(Thread.currentThread());
              return provider.getCacheManager(null, loader);
            });
    untilWaiting(waiter.join());
    goOn.countDown();

    for (CompletableFuture<CacheManager> each : Set.of(first, second)) {
      assertThatThrownBy(each::join)
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(CacheException.class)
          .hasMessage("larder.properties, line 1: cache 'a' cannot be made: no database");
    }
  }

  @Test
  void codeThatAsksForTheManagerItIsMadeForIsRefused() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    makes(() -> provider.getCacheManager(null, loader));

    assertThatThrownBy(() -> provider.getCacheManager(null, loader))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining(
            "cache manager 'larder:default' is being opened by this thread: what its settings name"
                + " (a loader, a codec) cannot ask for it before it is open");
    makes(NamedCode.Loader::new);
    assertThat(provider.getCacheManager(null, loader).getCacheNames()).containsExactly("a");
  }

  @Test
  void codeMayAskForAnotherManager() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    URI other = URI.create("classpath:larder.properties#other");
    AtomicInteger depth = new AtomicInteger();
    makes(
        () -> {
          if (depth.incrementAndGet() == 1) {
            provider.getCacheManager(other, loader);
          }
          return new NamedCode.Loader();
        });

    assertThat(provider.getCacheManager(null, loader).getCacheNames()).containsExactly("a");
    assertThat(depth).hasValue(2);
  }

  @Test
  void managersThatAskForEachOtherAreRefusedInsteadOfWaitingForEver() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY);
    URI one = URI.create("classpath:larder.properties#one");
    URI other = URI.create("classpath:larder.properties#other");
    CountDownLatch bothOpen = new CountDownLatch(2);
    ThreadLocal<URI> wanted = new ThreadLocal<>();
    makes(
        () -> {
          bothOpen.countDown();
          await(bothOpen);
          provider.getCacheManager(wanted.get(), loader);
          return new NamedCode.Loader();
        });

    CompletableFuture<CacheManager> first =
        inThread(
            () -> {
              wanted.set(other);
              return provider.getCacheManager(one, loader);
            });
    CompletableFuture<CacheManager> second =
        inThread(
            () -> {
              wanted.set(one);
              return provider.getCacheManager(other, loader);
            });

    // one is refused and fails to open; so the other, which waits for it, fails with it
    assertThatThrownBy(first::join).hasMessageContaining("is being opened by this thread");
    assertThatThrownBy(second::join).hasMessageContaining("is being opened by this thread");
  }

  @Test
  void providerThatIsClosedMeanwhileLeavesNothingOpen() {
    ClassLoader loader = configured.loader("cache.a" + BY_FACTORY + "cache.b.ttl=1m");
    int closed = NamedCode.CLOSED.get();
    makes(
        () -> {
          provider.close();
          return new NamedCode.Loader();
        });

    assertThatThrownBy(() -> provider.getCacheManager(null, loader))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("is closed");
    assertThat(NamedCode.CLOSED.get() - closed).isEqualTo(1);
    makes(NamedCode.Loader::new);
    assertThat(provider.getCacheManager(null, loader).getCacheNames()).containsExactly("a", "b");
  }

  @Test
  void createCacheHoldsNoLockWhileItRunsCode() {
    CacheManager manager = provider.getCacheManager();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    MutableConfiguration<Object, Object> slow =
        new MutableConfiguration<Object, Object>()
            .setCacheLoaderFactory(
                () -> {
                  begun.countDown();
                  await(goOn);
                  return null;
                });
    CompletableFuture<Cache<Object, Object>> making =
        inThread(() -> manager.createCache("slow", slow));
    await(begun);

    manager.createCache("quick", new MutableConfiguration<Object, Object>());
    assertThat(manager.getCacheNames()).containsExactly("quick");
    assertThat((Object) manager.getCache("slow")).isNull();
    assertThatThrownBy(
            () -> manager.createCache("slow", new MutableConfiguration<Object, Object>()))
        .isInstanceOf(CacheException.class)
        .hasMessage("a cache 'slow' is being made already");
    goOn.countDown();

    assertThat((Object) making.join()).isSameAs(manager.getCache("slow"));
  }

  @Test
  void cacheThatIsMadeWhileItsManagerClosesIsClosedToo() {
    CacheManager manager = provider.getCacheManager();
    int closed = NamedCode.CLOSED.get();

    assertThatThrownBy(
            () ->
                manager.createCache(
                    "a",
                    new MutableConfiguration<Object, Object>()
                        .setCacheLoaderFactory(
                            () -> {
                              manager.close();
                              return new NamedCode.Loader();
                            })))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is closed");
    assertThat(NamedCode.CLOSED.get() - closed).isEqualTo(1);
  }

  // --------------------------------------------------------------------------------------- server

  /** What a server answers to commands typed as lines. */
  private static String ask(int port, String... commands) throws Exception {
    StringBuilder replies = new StringBuilder();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      for (String command : commands) {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        replies.append(replies.isEmpty() ? "" : " ").append(in.readLine());
      }
    }
    return replies.toString();
  }

  @Test
  void serverOfTheFileShowsTheCachesThatAreChosenAndEndsWithTheManager() throws Exception {
    CacheManager manager =
        configured.manager(
            "server.enabled=true",
            "server.port=0",
            "server.password=secret",
            "server.max-clients=7",
            "server.caches=users, orders",
            "cache.hidden.ttl=1m",
            "cache.orders.ttl=1m",
            "cache.users.ttl=1m");
    LarderServer server = manager.unwrap(LarderServer.class);
    int port = server.port();
    manager.getCache("users").put("k", "v");

    assertThat(ask(port, "GET k")).startsWith("-NOAUTH");
    assertThat(ask(port, "AUTH secret", "SELECT users", "GET k")).isEqualTo("+OK +OK v");
    assertThat(ask(port, "AUTH secret", "SELECT hidden")).contains("-ERR");
    manager.close();
    assertThatThrownBy(() -> ask(port, "PING")).isInstanceOf(java.io.IOException.class);
  }

  @Test
  void serverShowsCachesThatAreMadeLaterUntilTheyAreDestroyed() throws Exception {
    CacheManager manager =
        configured.manager(
            "server.enabled=true", "server.port=0", "server.caches=first,second", "cache.a.ttl=1m");
    int port = manager.unwrap(LarderServer.class).port();

    for (String name : new String[] {"other", "second"}) {
      manager.createCache(name, new MutableConfiguration<Object, Object>()).put("k", name);
    }

    assertThat(ask(port, "SELECT 1", "GET k")).isEqualTo("+OK second");
    assertThat(ask(port, "SELECT other")).startsWith("-ERR");
    assertThat(ask(port, "SELECT a")).startsWith("-ERR");
    manager.destroyCache("second");
    assertThat(ask(port, "SELECT 1", "GET k")).contains("-ERR");
  }

  @Test
  void cacheIsMadeAlthoughTheServerCannotShowIt() {
    CacheManager ended =
        configured.manager("server.enabled=true", "server.port=0", "cache.a.ttl=1m");
    ended.unwrap(LarderServer.class).close();
    CacheManager kept =
        configured.manager(
            "server.enabled=true",
            "server.port=0",
            "server.dir=" + configured.directory().resolve("kept"),
            "cache.a.ttl=1m");

    for (CacheManager manager : List.of(ended, kept)) {
      manager.createCache("b", new MutableConfiguration<Object, Object>()).put("k", "v");
      assertThat(manager.getCacheNames()).containsExactly("a", "b");
    }
  }

  @Test
  void cacheIsMadeAlthoughTheServerShowsANamesakeOfAnotherManager() {
    CacheManager other = configured.manager("cache.b.ttl=1m");
    CacheManager manager =
        configured.manager("server.enabled=true", "server.port=0", "cache.a.ttl=1m");
    manager.unwrap(LarderServer.class).show(other.getCache("b"));

    Cache<Object, Object> made =
        manager.createCache("b", new MutableConfiguration<Object, Object>());

    assertThat((Object) manager.getCache("b")).isSameAs(made);
    made.close();
    other.getCache("b").put("k", "v"); // is left alone
  }

  @Test
  void serverListensOnAUnixSocketOfTheFile() {
    Path socket = configured.directory().resolve("s");
    CacheManager manager =
        configured.manager(
            "server.enabled=true",
            "server.port=no",
            "server.unix-socket=" + socket,
            "cache.a.ttl=1m");

    assertThat(socket).exists();
    manager.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void serverThatIsNotSwitchedOnDoesNotRun() {
    for (String[] lines :
        new String[][] {{"server.port=0"}, {"server.enabled=false", "server.port=0"}, {}}) {
      CacheManager manager = configured.manager(lines);
      assertThatThrownBy(() -> manager.unwrap(LarderServer.class))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("runs no server (server.enabled=true)");
    }
  }

  @Test
  void ifTheServerCannotListenTheManagerDoesNotOpen() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ClassLoader loader =
          configured.loader(
              "server.enabled=true\ncache.a.loader="
                  + NAMED
                  + "Loader\n\nserver.port="
                  + taken.getLocalPort());
      int closed = NamedCode.CLOSED.get();

      assertThatThrownBy(() -> provider.getCacheManager(null, loader))
          .isInstanceOf(CacheException.class)
          .hasMessageStartingWith(
              "larder.properties, line 4: server.port: the server cannot start: cannot listen on"
                  + " 127.0.0.1:"
                  + taken.getLocalPort());
      assertThat(NamedCode.CLOSED.get() - closed).isEqualTo(1);
    }
  }

  @Test
  void serverThatMayNotListenIsToldWithTheLineThatSwitchesItOn() {
    assertThatThrownBy(
            () ->
                configured.manager("cache.a.ttl=1m", "server.bind=0.0.0.0", "server.enabled=true"))
        .isInstanceOf(CacheException.class)
        .hasMessageStartingWith(
            "larder.properties, line 3: server.enabled: the server cannot start: expected a"
                + " password");
  }

  @Test
  void blanksOfAPasswordArePartOfIt() throws Exception {
    CacheManager manager =
        configured.manager(
            "server.enabled= true ", "server.port= 0 ", "server.password=a b ", "cache.a.ttl=1m");

    int port = manager.unwrap(LarderServer.class).port();
    assertThat(ask(port, "AUTH \"a b\"")).startsWith("-WRONGPASS");
    assertThat(ask(port, "AUTH \"a b \"")).isEqualTo("+OK");
  }

  @Test
  void serverMayKeepItsCachesOnDisk() throws Exception {
    Path directory = configured.directory().resolve("kept");
    Files.createDirectory(directory);
    String text =
        "server.enabled=true\nserver.port=0\nserver.appendonly=yes\nserver.dir="
            + directory
            + "\ncache.a.value-type=String\ncache.a.key-type=String\n";
    ClassLoader loader = configured.loader(text);
    provider.getCacheManager(null, loader).getCache("a").put("k", "v");
    provider.close();

    CacheManager again = provider.getCacheManager(null, loader);

    assertThat(again.getCache("a").get("k")).isEqualTo("v");
    assertThat(configurationOf(again, "a").persistence()).isNull();
  }
}
