package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class LookaheadTest {
  private final Lookahead lookahead = new Lookahead();

  private static String request(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  private static ByteBuffer buffer(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private int[] hashes() {
    return Arrays.copyOf(lookahead.hashes(), lookahead.count());
  }

  private static int[] hashes(String... keys) {
    return Arrays.stream(keys).mapToInt(String::hashCode).toArray();
  }

  @Test
  void findsTheFirstArgumentOfEachRequest() {
    ByteBuffer in =
        buffer(
            request("GET", "one")
                + request("SET", "two", "2")
                + request("PING")
                + request("INCR", "three"));
    assertThat(lookahead.next(in)).isTrue();
    assertThat(hashes()).isEqualTo(hashes("one", "two", "three"));
    assertThat(in.position()).isZero();
  }

  @Test
  void findsTheKeysOfALongRequest() {
    ByteBuffer in =
        buffer(request("MSET", "one", "1", "two", "2", "three", "3") + request("GET", "four"));
    assertThat(lookahead.next(in)).isTrue();
    assertThat(hashes()).isEqualTo(hashes("one", "two", "three", "four"));
  }

  @Test
  void looksOnceForAllTheRequestsThatItHasSeen() {
    String get = request("GET", "a key of some length");
    ByteBuffer in = buffer(get.repeat(20));
    for (int i = 0; i < 20; i++) {
      assertThat(lookahead.next(in)).as("before request " + i).isEqualTo(i == 0 || i == 16);
      in.position(in.position() + get.length());
    }
    assertThat(lookahead.next(in)).isFalse();
  }

  @Test
  void beginsAnewWithAnotherBuffer() {
    assertThat(lookahead.next(buffer(request("GET", "key").repeat(10)))).isTrue();
    lookahead.begin();
    assertThat(lookahead.next(buffer(request("GET", "key").repeat(10)))).isTrue();
  }

  @Test
  void leavesASingleRequestAlone() {
    assertThat(lookahead.next(buffer(request("SET", "key", "x".repeat(1_000))))).isFalse();
  }

  @Test
  void stopsWhereBytesAreNoRequestOfItsKind() {
    String good = request("GET", "one") + request("GET", "two") + request("GET", "three");
    for (String bad :
        new String[] {
          "PING\r\n",
          "*",
          "*2",
          "*2\r",
          "*2\r\n",
          "*2\r\n$",
          "*2\r\n$3\r\nGET\r\n$9\r\nx\r\n",
          "*-1\r\n",
          "*99999999999\r\n",
          "*1\r\n$99999999999\r\n",
          "*1\r\n$2147483647\r\nx",
          "$3\r\nGET\r\n",
          "\r\n"
        }) {
      lookahead.begin();
      ByteBuffer in = buffer(good + bad);
      assertThat(lookahead.next(in)).as(bad).isTrue();
      assertThat(hashes()).as(bad).isEqualTo(hashes("one", "two", "three"));
    }
  }

  @Test
  void staysWithinItsPartOfTheArray() {
    String gets = request("GET", "one") + request("GET", "two") + request("GET", "three");
    byte[] bytes = ("garbage" + gets + request("GET", "four")).getBytes(StandardCharsets.US_ASCII);
    ByteBuffer in = ByteBuffer.wrap(bytes, 7, gets.length()).slice();
    assertThat(lookahead.next(in)).isTrue();
    assertThat(hashes()).isEqualTo(hashes("one", "two", "three"));
  }
}
