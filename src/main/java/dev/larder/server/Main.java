package dev.larder.server;

import dev.larder.server.command.Config;
import dev.larder.server.command.Setting;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

/**
 * The server as a program of its own: numbered caches of strings, and nothing else.
 *
 * <p>It runs until it gets SIGINT (Ctrl-C) or SIGTERM. It ends with 1 if it was called wrongly,
 * cannot listen, cannot load what is on disk, or in the end cannot keep what is to be kept there;
 * and says why in one line.
 */
public final class Main {
  private static final String PROVIDER = "dev.larder.jcache.LarderCachingProvider";

  /** Says on standard output what the server would log; held here, or its level is forgotten. */
  private static final Logger LOG = Logger.getLogger("dev.larder.server");

  private Main() {}

  public static void main(String[] args) {
    int status = run(args, System.out, System.err);
    if (status != 0) {
      System.exit(status);
    }
  }

  /** Runs the program to its end, and returns its exit status. */
  static int run(String[] args, PrintStream out, PrintStream err) {
    try {
      Options options = Options.parse(args);
      if (options.help()) {
        out.print(Options.usage());
      } else if (options.version()) {
        out.println("Larder " + LarderServer.VERSION);
      } else {
        return serve(options, out, err);
      }
      return 0;
    } catch (Options.UsageException e) {
      err.println("larder: " + e.getMessage() + " (--help tells more)");
    } catch (IllegalArgumentException e) {
      err.println("larder: " + e.getMessage());
    }
    return 1;
  }

  private static int serve(Options options, PrintStream out, PrintStream err) {
    if (LOG.getLevel() == null) {
      LOG.setLevel(Level.WARNING);
    }
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (CachingProvider provider = Caching.getCachingProvider(PROVIDER);
        LarderServer server =
            builder(provider.getCacheManager(), options.config())
                .whenAsked(asked::countDown)
                .start()) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(asked, ended)));
      out.println(
          "Larder "
              + LarderServer.VERSION
              + " listens on "
              + server.listensOn()
              + "; stop with Ctrl-C");
      out.flush();
      asked.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever runs us in a thread of his wants it to end
    } catch (ServerException e) { // said here: when the JVM ends, its logging has ended before
      err.println("larder: " + e.getMessage());
      err.flush();
      return 1;
    } finally {
      ended.countDown();
    }
    return 0;
  }

  private static LarderServer.Builder builder(CacheManager manager, Config config) {
    LarderServer.Builder builder =
        LarderServer.builder(caches(manager, (int) config.number("databases")));
    for (Setting setting : Config.ALL) {
      builder.config(setting.name(), config.get(setting.name()));
    }
    return builder.bind(config.get("bind"));
  }

  /** When the JVM ends: lets {@link #serve} end first, in good order. */
  private static void end(CountDownLatch asked, CountDownLatch ended) {
    asked.countDown();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Caches that share their strings with nobody, and whose entries live until told otherwise. */
  private static Cache<?, ?>[] caches(CacheManager manager, int number) {
    Cache<?, ?>[] caches = new Cache<?, ?>[number];
    for (int i = 0; i < number; i++) {
      caches[i] =
          manager.createCache(
              String.valueOf(i),
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStoreByValue(false));
    }
    return caches;
  }
}
