package dev.larder.rdb;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The values that are no strings, each in the shapes that Redis has given it over the years. They
 * are stepped over, for what they are made of is all written in the same few ways; nobody looks
 * into the texts (ziplists, listpacks, intsets) that small ones are one of.
 */
enum ForeignValues {
  // spotless:off
  LIST                     ( 1, "list",   in -> skipTexts(in, 1)),
  SET                      ( 2, "set",    in -> skipTexts(in, 1)),
  ZSET                     ( 3, "zset",   ForeignValues::skipScoredTexts),
  HASH                     ( 4, "hash",   in -> skipTexts(in, 2)),
  ZSET_2                   ( 5, "zset",   ForeignValues::skipBinaryScoredTexts),
  MODULE_OF_CANDIDATE      ( 6, "module", ForeignValues::refuse),
  MODULE                   ( 7, "module", in -> {}),
  HASH_ZIPMAP              ( 9, "hash",   ForeignValues::skipOneText),
  LIST_ZIPLIST             (10, "list",   ForeignValues::skipOneText),
  SET_INTSET               (11, "set",    ForeignValues::skipOneText),
  ZSET_ZIPLIST             (12, "zset",   ForeignValues::skipOneText),
  HASH_ZIPLIST             (13, "hash",   ForeignValues::skipOneText),
  LIST_QUICKLIST           (14, "list",   in -> skipTexts(in, 1)),
  STREAM_1                 (15, "stream", in -> skipStream(in, 1)),
  HASH_LISTPACK            (16, "hash",   ForeignValues::skipOneText),
  ZSET_LISTPACK            (17, "zset",   ForeignValues::skipOneText),
  LIST_QUICKLIST_2         (18, "list",   ForeignValues::skipMarkedTexts),
  STREAM_2                 (19, "stream", in -> skipStream(in, 2)),
  SET_LISTPACK             (20, "set",    ForeignValues::skipOneText),
  STREAM_3                 (21, "stream", in -> skipStream(in, 3)),
  HASH_EXPIRING_CANDIDATE  (22, "hash",   ForeignValues::skipExpiringFields),
  HASH_LISTPACK_CANDIDATE  (23, "hash",   ForeignValues::skipOneText),
  HASH_EXPIRING            (24, "hash",   in -> { skipTime(in); skipExpiringFields(in); }),
  HASH_LISTPACK_EXPIRING   (25, "hash",   in -> { skipTime(in); skipOneText(in); }),
  /** Of Valkey alone: the same number, but not the same bytes. */
  VALKEY_HASH_EXPIRING     (22, "hash",   ForeignValues::skipTimedFields);
  // spotless:on

  /** Numbers from here on do not mean the same to Redis and to Valkey. */
  private static final int FIRST_OWN = 22;

  private static final int STREAM_ID_BYTES = 16;

  /** Scores were texts once, with these instead of a length for what has no digits. */
  private static final int FIRST_SPECIAL_SCORE = 253;

  private static final String MODULE_LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private final int number;
  private final String typeName;

  @SuppressWarnings("ImmutableEnumChecker") // No shape above has a state.
  private final Shape shape;

  ForeignValues(int number, String typeName, Shape shape) {
    this.number = number;
    this.typeName = typeName;
    this.shape = shape;
  }

  private interface Shape {
    void skip(RdbInput in) throws IOException;
  }

  /** The values of this number, null if there are none. */
  static @Nullable ForeignValues of(int number, boolean valkey) {
    if (valkey && number >= FIRST_OWN) {
      return number == VALKEY_HASH_EXPIRING.number ? VALKEY_HASH_EXPIRING : null;
    }
    for (ForeignValues values : values()) {
      if (values.number == number) {
        return values;
      }
    }
    return null;
  }

  /** Steps over one, and tells its type. */
  String skip(RdbInput in) throws IOException {
    if (this == MODULE) {
      return typeName + " " + skipModuleValue(in);
    }
    shape.skip(in);
    return typeName;
  }

  /** Its type without looking at it. */
  String typeName() {
    return typeName;
  }

  private static void skipOneText(RdbInput in) throws IOException {
    in.skipText("a packed value");
  }

  private static void skipTexts(RdbInput in, int each) throws IOException {
    for (long n = in.count("elements", each); n > 0; n--) {
      for (int i = 0; i < each; i++) {
        in.skipText("an element");
      }
    }
  }

  private static void skipScoredTexts(RdbInput in) throws IOException {
    for (long n = in.count("elements", 2); n > 0; n--) {
      in.skipText("an element");
      in.mark();
      int length = in.oneByte("a score");
      if (length < FIRST_SPECIAL_SCORE) {
        in.skip(length, "a score");
      }
    }
  }

  private static void skipBinaryScoredTexts(RdbInput in) throws IOException {
    for (long n = in.count("elements", 1 + Double.BYTES); n > 0; n--) {
      in.skipText("an element");
      in.mark();
      in.skip(Double.BYTES, "a score");
    }
  }

  /** Each with a number before it that says whether it is one element or several. */
  private static void skipMarkedTexts(RdbInput in) throws IOException {
    for (long n = in.count("nodes", 2); n > 0; n--) {
      in.bits("the kind of a node");
      in.skipText("a node");
    }
  }

  private static void skipExpiringFields(RdbInput in) throws IOException {
    for (long n = in.count("fields", 3); n > 0; n--) {
      in.bits("the time to live of a field");
      in.skipText("a field");
      in.skipText("the value of a field");
    }
  }

  private static void skipTimedFields(RdbInput in) throws IOException {
    for (long n = in.count("fields", 2 + Long.BYTES); n > 0; n--) {
      in.skipText("a field");
      in.skipText("the value of a field");
      skipTime(in);
    }
  }

  private static void skipTime(RdbInput in) throws IOException {
    in.mark();
    in.skip(Long.BYTES, "a time");
  }

  /** Blocks of entries, a few numbers about them, and the groups that consume them. */
  private static void skipStream(RdbInput in, int version) throws IOException {
    skipTexts(in, 2);
    // Length and last ID; later also the first one, the last one deleted, and all ever added.
    skipNumbers(in, version == 1 ? 3 : 8);
    for (long groups = in.count("groups", 5); groups > 0; groups--) {
      in.skipText("the name of a group");
      skipNumbers(in, version == 1 ? 2 : 3);
      for (long n = in.count("pending", STREAM_ID_BYTES + Long.BYTES + 1); n > 0; n--) {
        in.mark();
        in.skip(STREAM_ID_BYTES + Long.BYTES, "a pending ID");
        in.bits("how often it was delivered");
      }
      for (long n = in.count("consumers", 2 + Long.BYTES); n > 0; n--) {
        in.skipText("the name of a consumer");
        skipTime(in);
        if (version == 3) {
          skipTime(in);
        }
        long pending = in.count("pending of a consumer", STREAM_ID_BYTES);
        in.skip(pending * STREAM_ID_BYTES, "the pending IDs of a consumer");
      }
    }
  }

  private static void skipNumbers(RdbInput in, int numbers) throws IOException {
    for (int i = 0; i < numbers; i++) {
      in.bits("a number of a stream");
    }
  }

  private static void refuse(RdbInput in) throws IOException {
    throw in.error(
        "a value whose end can be told", "a module's of a release candidate of Redis 4.0");
  }

  /** Tells whose it is. */
  private static String skipModuleValue(RdbInput in) throws IOException {
    String name = moduleName(in.bits("the number of a module"));
    skipModuleParts(in, name);
    return name;
  }

  /** What modules write says of each part what it is, and ends with 0. */
  private static void skipModuleParts(RdbInput in, String name) throws IOException {
    while (true) {
      long part = in.bits("the kind of a part of module " + name);
      if (part == 0) {
        return;
      } else if (part == 1 || part == 2) {
        in.bits("an integer of module " + name);
      } else if (part == 3) {
        in.skip(Float.BYTES, "a float of module " + name);
      } else if (part == 4) {
        in.skip(Double.BYTES, "a double of module " + name);
      } else if (part == 5) {
        in.skipText("a text of module " + name);
      } else {
        throw in.error("a part of module " + name + " of kind 0 to 5", Long.toUnsignedString(part));
      }
    }
  }

  /** Nine letters of 6 bits each, above 10 bits for a version. */
  private static String moduleName(long number) {
    StringBuilder name = new StringBuilder();
    for (int shift = Long.SIZE - 6; shift >= 10; shift -= 6) {
      name.append(MODULE_LETTERS.charAt((int) (number >>> shift) & 63));
    }
    return name.toString();
  }

  /** What a module keeps beside the keys; tells whose it is. */
  static String skipModuleData(RdbInput in) throws IOException {
    String name = moduleName(in.bits("the number of a module"));
    in.bits("the kind of a number");
    in.bits("when to load the data of a module");
    skipModuleParts(in, name);
    return name;
  }

  static void skipFunctionOfCandidate(RdbInput in) throws IOException {
    in.skipText("the name of a function library");
    in.skipText("the engine of a function library");
    if (in.bits("whether a function library is described") != 0) {
      in.skipText("the description of a function library");
    }
    in.skipText("a function library");
  }

  /** How many keys a slot of a cluster has: a hint. */
  static void skipSlotInfo(RdbInput in) throws IOException {
    in.bits("the number of a slot");
    in.bits("the keys of a slot");
    in.bits("the keys with a deadline of a slot");
  }

  /** Slots of a cluster that were on their way here. */
  static void skipSlotImport(RdbInput in) throws IOException {
    in.skipText("the name of a slot import");
    for (long n = in.count("slot ranges", 2); n > 0; n--) {
      in.bits("the first slot of a range");
      in.bits("the last slot of a range");
    }
  }
}
