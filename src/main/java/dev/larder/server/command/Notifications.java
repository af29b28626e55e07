package dev.larder.server.command;

import dev.larder.BusyException;
import dev.larder.CodecException;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.KeyChange;
import dev.larder.ops.KeyChange.Kind;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Tells subscribers of changes of the caches, if {@code notify-keyspace-events} says so: two
 * messages for an event, to a channel named after the key and to one named after the event.
 *
 * <pre>
 *   SET user:1 Ada EX 10      __keyspace@0__:user:1     set
 *                             __keyevent@0__:set        user:1
 *                             __keyspace@0__:user:1     expire
 *                             __keyevent@0__:expire     user:1
 * </pre>
 *
 * <p>What changes without a client, through {@code javax.cache} or because its time has come, is
 * told in the same way, when everybody can see it. The number is the one that the cache has just
 * then. Keys without a text are not told of; nor is what {@code FLUSHDB} removes.
 *
 * <p>The caches are listened to only while somebody could be told: the setting is off by default,
 * and then costs nothing.
 */
final class Notifications {
  /** What a setting consists of, a bit each, from the lowest. */
  private static final String LETTERS = "g$lshzxetdnKEm";

  /** So many of them are meant by {@code A}: those up to {@code d}. */
  private static final int ALL = (1 << LETTERS.indexOf('n')) - 1;

  private static final int GENERIC = bit('g');
  private static final int STRING = bit('$');
  private static final int EXPIRED = bit('x');
  private static final int EVICTED = bit('e');
  private static final int NEW = bit('n');
  private static final int KEYSPACE = bit('K');
  private static final int KEYEVENT = bit('E');
  private static final int MISS = bit('m');

  private static final Set<String> OF_STRINGS =
      Set.of("set", "setrange", "append", "incrby", "incrbyfloat");

  /** Redis removes what is there and adds what comes, and so tells of a new key each time. */
  private static final Set<String> OF_NEW_KEYS =
      Set.of("rename_to", "copy_to", "move_to", "restore");

  /** Those that write, but look a key up as a command does that only reads. */
  private static final Set<String> ALSO_MISS = Set.of("getset", "getdel", "getex", "copy");

  private final Server server;
  private final Databases.Listening listening;
  private volatile int chosen;

  Notifications(Server server) {
    this.server = server;
    this.listening = server.listening(cache -> change -> changed(cache, change));
  }

  private static int bit(char letter) {
    return 1 << LETTERS.indexOf(letter);
  }

  /**
   * The classes that letters stand for.
   *
   * @throws IllegalArgumentException if one of them stands for none; in Redis' words
   */
  static int classes(String text) {
    int classes = 0;
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (letter == 'A') {
        classes |= ALL;
      } else if (LETTERS.indexOf(letter) >= 0) {
        classes |= bit(letter);
      } else {
        throw new IllegalArgumentException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
      }
    }
    return classes;
  }

  /** The letters for classes, in Redis' order; {@code A} for all that it stands for. */
  static String text(int classes) {
    StringBuilder text = new StringBuilder();
    boolean all = (classes & ALL) == ALL;
    text.append(all ? "A" : "");
    for (int i = 0; i < LETTERS.length(); i++) {
      char letter = LETTERS.charAt(i);
      boolean shown = all && (bit(letter) & ALL) != 0;
      if ((classes & bit(letter)) != 0 && !shown) {
        text.append(letter);
      }
    }
    return text.toString();
  }

  /** Tells of these from now on. */
  synchronized void choose(String classes) {
    int wanted = classes(classes);
    boolean heard = (wanted & (KEYSPACE | KEYEVENT)) != 0;
    chosen = heard ? wanted : 0;
    boolean listens = heard && (wanted & (ALL | NEW)) != 0;
    if (listens) {
      listening.begin();
    } else {
      listening.end();
    }
  }

  private void changed(CacheOperations<Object, Object> cache, KeyChange<Object> change) {
    if (change.kind() == Kind.CLEARED || server.channels().hasNobody()) {
      return;
    }
    byte[] key = cache.keyTextOrNull(change.key());
    if (key == null) {
      return;
    }
    String event = change.event();
    if (change.kind() == Kind.CREATED || OF_NEW_KEYS.contains(event)) {
      publish(NEW, "new", cache, key);
    }
    publish(classOf(change), event, cache, key);
    if (change.timed()) {
      publish(GENERIC, "expire", cache, key);
    }
  }

  private static int classOf(KeyChange<?> change) {
    if (change.kind() == Kind.EVICTED) {
      return EVICTED;
    }
    if (change.event().equals("expired")) {
      return EXPIRED;
    }
    return OF_STRINGS.contains(change.event()) ? STRING : GENERIC;
  }

  /**
   * Before a command runs: tells of the keys that it is going to look for in vain. One that is put
   * off because a key is busy may tell twice.
   */
  void begins(Session session, Command command, Request request) {
    if ((chosen & MISS) != 0 && looksUp(command, request) && !server.channels().hasNobody()) {
      command.extent(
          request,
          (word, read, written) -> {
            if (read) {
              lookUp(session.cache(), request.bytes(word));
            }
          });
    }
  }

  private static boolean looksUp(Command command, Request request) {
    String name = command.name();
    if (command.reads()) {
      return !name.startsWith("object|") && !name.startsWith("memory|");
    }
    boolean gets = false;
    for (int word = 3; word < request.count() && name.equals("set"); word++) {
      gets |= request.is(word, "GET");
    }
    return gets || ALSO_MISS.contains(name);
  }

  private void lookUp(CacheOperations<Object, Object> cache, byte[] key) {
    try {
      if (cache.keys(key).stream().noneMatch(cache.keys()::exists)) {
        publish(MISS, "keymiss", cache, key);
      }
    } catch (BusyException e) {
      throw e;
    } catch (CodecException | IllegalStateException e) {
      // no key of this cache, or the cache is closed: the command will say so
    }
  }

  private void publish(int type, String event, CacheOperations<?, ?> cache, byte[] key) {
    int chosen = this.chosen;
    int database = (chosen & type) == 0 ? -1 : server.find(cache.name());
    if (database < 0) {
      return;
    }
    byte[] name = event.getBytes(StandardCharsets.US_ASCII);
    if ((chosen & KEYSPACE) != 0) {
      server.channels().publish(channel("__keyspace@", database, key), name);
    }
    if ((chosen & KEYEVENT) != 0) {
      server.channels().publish(channel("__keyevent@", database, name), key);
    }
  }

  private static byte[] channel(String beginning, int database, byte[] end) {
    byte[] prefix = (beginning + database + "__:").getBytes(StandardCharsets.US_ASCII);
    byte[] channel = new byte[prefix.length + end.length];
    System.arraycopy(prefix, 0, channel, 0, prefix.length);
    System.arraycopy(end, 0, channel, prefix.length, end.length);
    return channel;
  }
}
