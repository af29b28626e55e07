package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Damages good input at random. Whatever comes of it, there is no exception but the protocol's own,
 * the same is read in one piece and in many, and memory stays within what has arrived.
 */
final class RequestReaderFuzzTest {
  private static final int INPUTS = 1_000_000;
  private static final RequestLimits LIMITS = new RequestLimits(1 << 20, 4 << 20);

  private static final List<String> GOOD =
      List.of(
          "*3\r\n$3\r\nSET\r\n$4\r\nname\r\n$5\r\nAda\r\n\r\n",
          "*2\r\n$3\r\nGET\r\n$11\r\nhello world\r\n",
          "*12\r\n" + "$1\r\nx\r\n".repeat(12),
          "*1\r\n$4\r\nPING\r\n",
          "*0\r\n",
          "*-1\r\n",
          "\r\n",
          "PING\r\n",
          "set name \"Ada \\x4c.\\n\" 'it\\'s'\n",
          "GET / HTTP/1.1\r\nHost: localhost\r\n",
          "*2\r\n$0\r\n\r\n$100\r\n" + "y".repeat(100) + "\r\n",
          "*1\r\n$20000\r\n" + "z".repeat(20000) + "\r\n");

  /** Pieces of syntax: a random byte alone would seldom meet one. */
  private static final String[] TOKENS = {
    "\r\n",
    "\r",
    "\n",
    "\0",
    "*",
    "$",
    "-",
    "\"",
    "'",
    "\\",
    "\\x4",
    " ",
    "0",
    "9",
    "2147483647",
    "*2147483647\r\n",
    "$1048576\r\n",
    "$1048577\r\n",
    "-9223372036854775808",
    "\u0016\u0003"
  };

  @Test
  void damagedInputNeverDoesHarm() {
    long seed = System.nanoTime();
    System.out.println("RequestReaderFuzzTest seed " + seed);
    Random random = new Random(seed);
    int failures = 0;
    int requests = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = damaged(random);
      boolean authenticated = random.nextInt(4) > 0;

      Conversation whole = new Conversation(new RequestReader(LIMITS, authenticated));
      whole.feed(input, 0, input.length);
      assertBounded(whole, input, seed);
      List<String> expected = whole.end();

      Conversation pieces = new Conversation(new RequestReader(LIMITS, authenticated));
      pieces.feedInPieces(input, random, 1 + random.nextInt(Math.max(1, input.length)));
      assertBounded(pieces, input, seed);
      assertThat(pieces.end()).as("seed %d, input %d", seed, i).isEqualTo(expected);

      requests += expected.size();
      failures += expected.isEmpty() || !expected.get(expected.size() - 1).contains(": P") ? 0 : 1;
    }
    // The mutations are neither so wild that nothing is read, nor so tame that nothing fails.
    assertThat(requests).isGreaterThan(INPUTS);
    assertThat(failures).isBetween(INPUTS / 10, INPUTS * 9 / 10);
  }

  private static void assertBounded(Conversation conversation, byte[] input, long seed) {
    assertThat(conversation.reader.heldBytes())
        .as("seed %d", seed)
        .isLessThan(5L * input.length + 500);
  }

  private static byte[] damaged(Random random) {
    StringBuilder input = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      // The long ones are rarer, so that most of the time goes into many inputs.
      int bound = random.nextInt(50) == 0 ? GOOD.size() : GOOD.size() - 1;
      input.append(GOOD.get(random.nextInt(bound)));
    }
    for (int i = random.nextInt(4); i > 0 && !input.isEmpty(); i--) {
      int at = random.nextInt(input.length());
      int length = Math.min(input.length() - at, random.nextInt(8));
      switch (random.nextInt(5)) {
        case 0 -> input.setCharAt(at, (char) random.nextInt(256));
        case 1 -> input.delete(at, at + length);
        case 2 -> input.insert(at, input.substring(at, at + length));
        case 3 -> input.insert(at, TOKENS[random.nextInt(TOKENS.length)]);
        default -> input.setLength(at);
      }
    }
    return Conversation.bytes(input.toString());
  }
}
