package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTest {
  private static Request read(byte[] bytes) {
    Request request = new Request();
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    assertThat(reader.read(ByteBuffer.wrap(bytes), request)).isTrue();
    return request;
  }

  private static Request line(String line) {
    return read(Conversation.bytes(line + "\n"));
  }

  @Test
  void comparesWordsWithoutRegardToCaseOfAsciiLetters() {
    Request request = line("gEt @[`{ \u00e9");
    assertThat(request.is(0, "GET")).isTrue();
    assertThat(request.is(0, "get")).isTrue();
    assertThat(request.is(0, "GETEX")).isFalse();
    assertThat(request.is(1, "@[`{")).isTrue();
    assertThat(request.is(1, "`{@[")).isFalse();
    assertThat(request.is(2, "\u00c9")).isFalse();
  }

  @Test
  void refusesToLookAtAWordThatIsNotThere() {
    Request request = line("PING");
    assertThatThrownBy(() -> request.length(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> request.bytes(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void readsCanonicalIntegers() {
    Request request = line("x 0 -1 42 9223372036854775807 -9223372036854775808");
    assertThat(request.longAt(1)).isZero();
    assertThat(request.longAt(2)).isEqualTo(-1);
    assertThat(request.longAt(3)).isEqualTo(42);
    assertThat(request.longAt(4)).isEqualTo(Long.MAX_VALUE);
    assertThat(request.longAt(5)).isEqualTo(Long.MIN_VALUE);
    assertThatThrownBy(() -> request.longAt(0))
        .isInstanceOf(NumberFormatException.class)
        .hasMessage("Expected a canonical 64-bit integer but was 'x'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1", "post", "Host: localhost", "HOST: x"})
  void recognisesHttp(String line) {
    assertThat(line(line).isHttp()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1", "POSTS", "Host", "PING"})
  void takesOtherCommandsForCommands(String line) {
    assertThat(line(line).isHttp()).isFalse();
  }

  @Test
  void aKeptRequestSurvivesTheReadBuffer() {
    for (String input : new String[] {"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "GET \"\\x61\"\n"}) {
      byte[] bytes = Conversation.bytes(input);
      Request request = read(bytes);
      Request kept = request.keep();
      Arrays.fill(bytes, (byte) '#');
      assertThat(kept.inline()).isEqualTo(input.startsWith("GET"));
      assertThat(Conversation.text(kept)).endsWith(": GET|a");
      assertThat(Conversation.text(request)).doesNotContain("GET");
    }
  }

  @Test
  void keepingARequestThatCameInPiecesCopiesNothing() {
    RequestReader reader = new RequestReader(Conversation.LIMITS, true);
    Request request = new Request();
    reader.read(ByteBuffer.wrap(Conversation.bytes("*1\r\n$4\r\nPI")), request);
    reader.read(ByteBuffer.wrap(Conversation.bytes("NG\r\n")), request);
    Request kept = request.keep();
    assertThat(kept.array()).isSameAs(request.array());
    reader.read(ByteBuffer.wrap(Conversation.bytes("QUIT\n")), request);
    assertThat(Conversation.text(kept)).isEqualTo("array: PING");
    // And it is an ordinary request otherwise.
    reader.read(ByteBuffer.wrap(Conversation.bytes("a b c d e f g h i j\n")), kept);
    assertThat(kept.count()).isEqualTo(10);
  }

  @Test
  void isMadeOfWordsThatCameFromElsewhere() {
    Request request = Request.of(Conversation.bytes("SET"), new byte[0], new byte[] {1, 2});
    assertThat(request.count()).isEqualTo(3);
    assertThat(request.is(0, "set")).isTrue();
    assertThat(request.bytes(1)).isEmpty();
    assertThat(request.bytes(2)).containsExactly(1, 2);
    assertThat(request.inline()).isFalse();
    assertThat(Conversation.text(request.keep())).isEqualTo("array: SET||\1\2");
  }

  @Test
  void showsItsWordsShortened() {
    assertThat(line("SET k " + "v".repeat(70)))
        .hasToString("inline 'SET' 'k' '" + "v".repeat(64) + "...'");
    assertThat(Request.of(Conversation.bytes("a\r\n\u00ff"))).hasToString("array 'a...'");
    assertThat(line("1 2 3 4 5 6 7 8 9").toString()).endsWith("'8' ... (9 words)");
  }
}
