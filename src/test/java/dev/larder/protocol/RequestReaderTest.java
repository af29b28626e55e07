package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class RequestReaderTest {
  private static final String UNBALANCED = "error: Protocol error: unbalanced quotes in request";
  private static final String BAD_COUNT = "error: Protocol error: invalid multibulk length";
  private static final String BAD_LENGTH = "error: Protocol error: invalid bulk length";

  private static Arguments row(String input, String... seen) {
    return Arguments.of(input, List.of(seen));
  }

  /** What Redis does with an input, and what we do. */
  static Stream<Arguments> inputs() {
    return Stream.of(
        // Lines
        row("PING\r\n", "line: PING"),
        row("PING\n", "line: PING"),
        row("GET a\r\r\n", "line: GET|a"),
        row("PING\rPING\r\n", "line: PING|PING"),
        row("PING", "more"),
        row("PING\r", "more"),
        row("\r\n\n  \t \r\n\u000b\f\n"),
        row("\r\nPING\r\n\r\nPING\r\n", "line: PING", "line: PING"),
        row("%1\r\n", "line: %1"),
        row("$4\r\nPING\r\n", "line: $4", "line: PING"),
        row("\u00ff\u00f4\u00ff\u00fd\u0006\r\n", "line: \u00ff\u00f4\u00ff\u00fd\u0006"),
        row("PING\r\nSET a \"b\nPING\r\n", "line: PING", UNBALANCED),
        // A NUL neither hides the end of the line nor swallows what is behind it
        row("PING\0\r\nPING\r\n", "line: PING", "line: PING"),
        row("\0\r\nPING\r\n", "line: PING"),
        row("DEL a\0b \0 \"c\0d\"\n", "line: DEL|a|b|c\0d"),
        // Arrays
        row("*1\r\n$4\r\nPING\r\n", "array: PING"),
        row("*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "array: GET|a"),
        row("*1\r\n$0\r\n\r\n", "array: "),
        row("*2\r\n$3\r\nGET\r\n$4\r\n\r\n\0*\r\n", "array: GET|\r\n\0*"),
        row("*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING..", "array: PING", "array: PING"),
        row("*1\rx$4\rxPINGxx", "array: PING"),
        row("*0\r\n*-1\r\n*-9223372036854775808\r\nPING\r\n", "line: PING"),
        row("*1\n$4\nPING\n", "more"),
        row("*2147483647\r\n$4\r\nPING\r\n", "more"),
        // Both, mixed
        row(
            "*1\r\n$4\r\nPING\r\nGET a\r\n*0\r\n\n*1\r\n$1\r\nx\r\nQUIT\n",
            "array: PING",
            "line: GET|a",
            "array: x",
            "line: QUIT"),
        // Headers that are none
        row("*abc\r\n", BAD_COUNT),
        row("*\r\n", BAD_COUNT),
        row("* 1\r\n", BAD_COUNT),
        row("*1 \r\n", BAD_COUNT),
        row("*01\r\n", BAD_COUNT),
        row("*+1\r\n", BAD_COUNT),
        row("*-0\r\n", BAD_COUNT),
        row("*1\0\r\n", BAD_COUNT),
        row("*2147483648\r\n", BAD_COUNT),
        row("*-9223372036854775809\r\n", BAD_COUNT),
        row("*1\n$4\nPING\r\n", BAD_COUNT),
        row("*1\r\n$-1\r\n", BAD_LENGTH),
        row("*1\r\n$\r\n", BAD_LENGTH),
        row("*1\r\n$04\r\n", BAD_LENGTH),
        row("*1\r\n$4x\r\n", BAD_LENGTH),
        row("*1\r\n$1048577\r\n", BAD_LENGTH),
        row("*1\r\n$99999999999999999999\r\n", BAD_LENGTH),
        row("*1\r\nPING\r\n", "error: Protocol error: expected '$', got 'P'"),
        row(
            "*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n",
            "error: Protocol error: expected '$', got 'f'"),
        row("*1\r\n\r\n", "error: Protocol error: expected '$', got ' '"),
        row("*2\r\n$3\r\nGET\r\n*1\r\n", "error: Protocol error: expected '$', got '*'"),
        row("PING\r\n*x\r\nPING\r\n", "line: PING", BAD_COUNT),
        // TLS, but only as the first thing that is said
        row(
            "\u0016\u0003\u0001\u0002\0\u0001\0\n",
            "closed: Expected a request but was a TLS client's hello"),
        row("\u0016\u0004\r\n", "line: \u0016\u0004"),
        row("\u0016\n", "line: \u0016"),
        row("\n\u0016\u0003\n", "line: \u0016\u0003"));
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void readsWhatRedisReads(String input, List<String> expected) {
    assertThat(Conversation.of(input)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void readsTheSameWhereverTheInputIsCutInTwo(String input, List<String> expected) {
    byte[] bytes = Conversation.bytes(input);
    for (int cut = 0; cut <= bytes.length; cut++) {
      Conversation conversation = new Conversation();
      conversation.feed(bytes, 0, cut).feed(bytes, cut, bytes.length);
      assertThat(conversation.end()).as("cut at %d", cut).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void readsTheSameByteByByte(String input, List<String> expected) {
    Conversation conversation = new Conversation();
    conversation.feedInPieces(Conversation.bytes(input), new Random(0), 1);
    assertThat(conversation.end()).isEqualTo(expected);
  }

  @Test
  void readsTheSameWhereverALongPipelineIsCutInThree() {
    byte[] input =
        Conversation.bytes(
            "*3\r\n"
                + "$3\r\n"
                + "SET\r\n"
                + "$4\r\n"
                + "name\r\n"
                + "$13\r\n"
                + "b\r\n"
                + "l\0*2 $3ank\r\n"
                + "get \"na\\x6de\"\r\n\r\n"
                + "*0\r\n"
                + "*1\r\n"
                + "$4\r\n"
                + "PING\r\n"
                + " set  'it\\'s' x\"y\"\n"
                + "*2\r\n"
                + "$0\r\n\r\n"
                + "$2\r\n\r\n\r\n"
                + "*x\r\n");
    List<String> expected = Conversation.of(input);
    assertThat(expected)
        .containsExactly(
            "array: SET|name|b\r\nl\0*2 $3ank",
            "line: get|name",
            "array: PING",
            "line: set|it's|xy",
            "array: |\r\n",
            BAD_COUNT);
    for (int first = 0; first <= input.length; first++) {
      for (int second = first; second <= input.length; second++) {
        Conversation conversation = new Conversation();
        conversation.feed(input, 0, first).feed(input, first, second);
        conversation.feed(input, second, input.length);
        assertThat(conversation.end()).as("cut at %d, %d", first, second).isEqualTo(expected);
      }
    }
  }

  @Test
  void anErrorIsFinal() {
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes("*x\r\nPING\r\n"));
    Request request = new Request();
    ProtocolException first =
        catchThrowableOfType(ProtocolException.class, () -> reader.read(in, request));
    assertThat(first.reply()).isEqualTo(Reply.error("Protocol error: invalid multibulk length"));
    assertThatThrownBy(() -> reader.read(in, request)).isSameAs(first);
    assertThatThrownBy(() -> reader.read(ByteBuffer.allocate(0), request)).isSameAs(first);
  }

  @Test
  void quotesTheByteThatIsNoDollarAsItIs() {
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes("*1\r\n\u00fe\r\n"));
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    ProtocolException failure =
        catchThrowableOfType(ProtocolException.class, () -> reader.read(in, new Request()));
    ReplyBuffer out = new ReplyBuffer();
    Encoding.RESP2.write(failure.reply(), out);
    assertThat(out.drain())
        .isEqualTo(Conversation.bytes("-ERR Protocol error: expected '$', got '\u00fe'\r\n"));
  }

  // ---- Limits

  static Stream<Arguments> longLines() {
    String tooBig = "error: Protocol error: too big ";
    String full = "x".repeat(RequestReader.MAX_LINE);
    return Stream.of(
        row(full + "\n", "line: " + full),
        row(full, "more"),
        row(full + "x", tooBig + "inline request"),
        row(full + "x\n", tooBig + "inline request"),
        row(full + "\r\n", tooBig + "inline request"),
        row("*" + full.substring(1), "more"),
        row("*" + full, tooBig + "mbulk count string"),
        row("*" + full + "\r\n", tooBig + "mbulk count string"),
        row("*1\r\n$" + full.substring(1), "more"),
        row("*1\r\n$" + full, tooBig + "bulk count string"),
        // Not the sum of lines is limited, but each of them
        row(
            "*2\r\n$65530\r\n" + full.substring(6) + "\r\n$1\r\na\r\n",
            "array: " + full.substring(6) + "|a"));
  }

  @ParameterizedTest
  @MethodSource("longLines")
  void holdsEveryLineTo64KbHoweverItArrives(String input, List<String> expected) {
    byte[] bytes = Conversation.bytes(input);
    assertThat(Conversation.of(bytes)).isEqualTo(expected);
    for (int longest : new int[] {7, 1000, 50_000}) {
      Conversation conversation = new Conversation();
      conversation.feedInPieces(bytes, new Random(longest), longest);
      assertThat(conversation.end()).isEqualTo(expected);
    }
  }

  @Test
  void neverKeepsMoreOfALineThanItsLimit() {
    Conversation conversation = new Conversation();
    byte[] endless = Conversation.bytes("x".repeat(60_000));
    conversation.feed(endless, 0, endless.length);
    assertThat(conversation.reader.heldBytes()).isBetween(60_000L, 2 * 60_000L + 1000);
    conversation.feed(endless, 0, endless.length);
    assertThat(conversation.end()).containsExactly("error: Protocol error: too big inline request");
    assertThat(conversation.reader.heldBytes()).isZero();
  }

  @Test
  void aStrangerMaySendTenWordsOfSixteenKb() {
    String ten = "*10\r\n" + "$1\r\nx\r\n".repeat(10);
    String sixteenKb = "*1\r\n$16384\r\n" + "x".repeat(16384) + "\r\n";
    Conversation conversation = new Conversation(new RequestReader(Conversation.LIMITS, false));
    assertThat(conversation.feed(ten).feed(sixteenKb).end()).hasSize(2).noneMatch("more"::equals);
    assertThat(conversation.feed("*11\r\n").end())
        .last()
        .isEqualTo("error: Protocol error: unauthenticated multibulk length");

    conversation = new Conversation(new RequestReader(Conversation.LIMITS, false));
    assertThat(conversation.feed("*1\r\n$16385\r\n").end())
        .containsExactly("error: Protocol error: unauthenticated bulk length");
  }

  @Test
  void authenticationHoldsForTheNextRequestOfTheSameBuffer() {
    String pipeline = "AUTH secret\r\n*11\r\n" + "$1\r\nx\r\n".repeat(11);
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes(pipeline));
    RequestReader reader = new RequestReader(Conversation.LIMITS, false);
    Request request = new Request();
    assertThat(reader.read(in, request)).isTrue();
    reader.authenticated(true);
    assertThat(reader.read(in, request)).isTrue();
    assertThat(request.count()).isEqualTo(11);
  }

  @Test
  void newLimitsHoldForTheNextHeader() {
    Conversation conversation = new Conversation();
    conversation.feed("*2\r\n$5\r\nhello\r\n");
    conversation.reader.limits(new RequestLimits(4, 4));
    assertThat(conversation.feed("$5\r\n").end()).containsExactly(BAD_LENGTH);
  }

  @Test
  void closesSilentlyOnARequestThatIsTooLong() {
    String tenth = "$100\r\n" + "x".repeat(100) + "\r\n";
    String input = "*10\r\n" + tenth.repeat(10);
    for (int longest : new int[] {1, 50, 10_000}) {
      Conversation conversation =
          new Conversation(new RequestReader(new RequestLimits(100, 1000), true));
      conversation.feedInPieces(Conversation.bytes(input), new Random(1), longest);
      assertThat(conversation.end())
          .containsExactly(
              "closed: Expected a request of at most 1000 bytes but was one of at least 1041");
    }
  }

  // ---- Memory and effort

  @Test
  void allocatesByWhatHasArrivedAndNotByWhatIsAnnounced() {
    Conversation conversation =
        new Conversation(new RequestReader(RequestLimits.forHeap(8L << 30), true));
    conversation.feed("*2147483647\r\n$3\r\nSET\r\n$536870912\r\n");
    assertThat(conversation.reader.heldBytes()).isLessThan(1000);
    byte[] piece = new byte[1000];
    for (int i = 1; i <= 1000; i++) {
      conversation.feed(piece, 0, piece.length);
      assertThat(conversation.reader.heldBytes()).isLessThan(2L * i * piece.length + 1000);
    }
  }

  @Test
  void holdsNothingBetweenRequests() {
    Conversation conversation = new Conversation();
    assertThat(conversation.feed("*1\r\n$4\r\nPI").reader.heldBytes()).isBetween(1L, 200L);
    assertThat(conversation.feed("NG\r\nPING\r\n").reader.heldBytes()).isZero();
    assertThat(conversation.seen).containsExactly("array: PING", "line: PING");
  }

  @Test
  void readsALargeBulkInSmallPiecesWithoutGoingBack() {
    int length = 100_000_000;
    RequestReader reader = new RequestReader(new RequestLimits(length, length + 1_000_000), true);
    Request request = new Request();
    ByteBuffer in = ByteBuffer.allocate(16 * 1024);
    in.put(Conversation.bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + length + "\r\n"));
    int sent = 0;
    boolean complete = false;
    while (!complete) {
      while (in.hasRemaining() && sent < length + 2) {
        in.put((byte) sent++);
      }
      complete = reader.read(in.flip(), request);
      assertThat(reader.heldBytes()).isLessThan(2L * sent + 1000);
      in.clear();
    }
    assertThat(sent).isEqualTo(length + 2);
    assertThat(request.length(2)).isEqualTo(length);
    byte[] array = request.array();
    int from = request.offset(2);
    for (int i = 0; i < length; i++) {
      if (array[from + i] != (byte) i) {
        throw new AssertionError("Expected byte " + (byte) i + " at " + i + " of the bulk");
      }
    }
    // Little more than the payload itself is held: growth stops at its announced end.
    assertThat(array.length).isLessThan(length + 1000);
  }

  @Test
  void readsARequestOfAMillionWordsInSmallPieces() {
    StringBuilder input = new StringBuilder("*1000001\r\n$4\r\nMSET\r\n");
    for (int i = 0; i < 1_000_000; i++) {
      input.append("$1\r\n").append((char) ('a' + i % 26)).append("\r\n");
    }
    byte[] bytes = Conversation.bytes(input.toString());
    RequestReader reader = new RequestReader(new RequestLimits(100, 1 << 30), true);
    Request request = new Request();
    int from = 0;
    boolean complete = false;
    while (!complete) {
      ByteBuffer in = ByteBuffer.wrap(bytes, from, Math.min(1000, bytes.length - from));
      complete = reader.read(in, request);
      from = in.position();
    }
    assertThat(from).isEqualTo(bytes.length);
    assertThat(request.count()).isEqualTo(1_000_001);
    assertThat(request.array()[request.offset(1_000_000)]).isEqualTo((byte) ('a' + 999_999 % 26));
  }

  @Test
  void leavesTheRestOfAPipelineInTheBuffer() {
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes("PING\r\nQUIT\r\nPING\r\n"));
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    Request request = new Request();
    assertThat(reader.read(in, request)).isTrue();
    assertThat(in.position()).isEqualTo(6);
    assertThat(reader.read(in, request)).isTrue();
    assertThat(in.position()).isEqualTo(12);
    assertThat(request.is(0, "quit")).isTrue();
  }

  @Test
  void severalRequestsOfOneBufferCanBeHeldAtOnce() {
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    assertThat(reader.read(ByteBuffer.wrap(Conversation.bytes("*1\r\n$4\r\nPI")), new Request()))
        .isFalse();
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes("NG\r\nGET 'a'\r\n*1\r\n$1\r\nx\r\n"));
    List<Request> batch = new ArrayList<>();
    Request next = new Request();
    while (reader.read(in, next)) {
      batch.add(next);
      next = new Request();
    }
    assertThat(batch)
        .extracting(Conversation::text)
        .containsExactly("array: PING", "line: GET|a", "array: x");
    assertThat(batch.get(2).array()).isSameAs(in.array());
  }

  @Test
  void aRequestThatIsNotCompleteShowsNothing() {
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    Request request = new Request();
    ByteBuffer in = ByteBuffer.wrap(Conversation.bytes("*2\r\n$3\r\nGET\r\n$1\r\n"));
    assertThat(reader.read(in, request)).isFalse();
    assertThat(in.hasRemaining()).isFalse();
    assertThat(request.count()).isZero();
    assertThat(request.array()).isEmpty();
  }

  @Test
  void anAbandonedRequestObjectHoldsNoLargeArrays() {
    RequestReader reader = new RequestReader(new RequestLimits(10, 1 << 20), true);
    byte[] bytes = Conversation.bytes("*5000\r\n" + "$1\r\nx\r\n".repeat(5000));
    Request request = new Request();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    assertThat(reader.read(in, request)).isTrue();
    assertThat(request.heldBytes()).isGreaterThan(4 * 10_000);
    assertThat(reader.read(in, request)).isFalse();
    assertThat(request.heldBytes()).isLessThan(100);
    assertThat(request.array()).isEmpty();
  }
}
