package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class EncodingTest {
  private static final Reply A = Reply.bulk("a");
  private static final Reply PAIR = Reply.array(A, Reply.integer(2));

  private static Reply set(Reply... elements) {
    return new Reply.Set(List.of(elements));
  }

  private static Reply both(Reply... replies) {
    return new Reply.Sequence(List.of(replies));
  }

  private static Reply real(double value) {
    return new Reply.Real(value);
  }

  private static Arguments row(Reply reply, String resp2, String resp3, String line) {
    return Arguments.of(reply, resp2, resp3, line);
  }

  /** A line break is written as a vertical bar. */
  // spotless:off
  static Stream<Arguments> replies() {
    return Stream.of(
        //  reply                                RESP2                      RESP3                    LINE
        row(Reply.OK,                            "+OK|",                    "+OK|",                  "OK|"),
        row(Reply.status("OK"),                  "+OK|",                    "+OK|",                  "OK|"),
        row(Reply.PONG,                          "+PONG|",                  "+PONG|",                "PONG|"),
        row(Reply.QUEUED,                        "+QUEUED|",                "+QUEUED|",              "QUEUED|"),
        row(Reply.error("syntax error"),         "-ERR syntax error|",      "-ERR syntax error|",    "-ERR syntax error|"),
        row(Reply.error("NOAUTH", "Who\r\nme?"), "-NOAUTH Who  me?|",       "-NOAUTH Who  me?|",     "-NOAUTH Who  me?|"),
        row(Reply.ZERO,                          ":0|",                     ":0|",                   ":0|"),
        row(Reply.ONE,                           ":1|",                     ":1|",                   ":1|"),
        row(Reply.integer(-42),                  ":-42|",                   ":-42|",                 ":-42|"),
        row(Reply.integer(Long.MIN_VALUE),       ":-9223372036854775808|",  ":-9223372036854775808|", ":-9223372036854775808|"),
        row(Reply.bulk("PyRedisAsync"),          "$12|PyRedisAsync|",       "$12|PyRedisAsync|",     "PyRedisAsync|"),
        row(Reply.bulk(""),                      "$0||",                    "$0||",                  "|"),
        row(Reply.bulk("\u20ac"),                "$3|\u20ac|",              "$3|\u20ac|",            "\u20ac|"),
        row(Reply.NIL,                           "$-1|",                    "_|",                    "(nil)|"),
        row(Reply.NIL_ARRAY,                     "*-1|",                    "_|",                    "(nil)|"),
        row(Reply.EMPTY_ARRAY,                   "*0|",                     "*0|",                   "(empty)|"),
        row(Reply.array(A, Reply.NIL),           "*2|$1|a|$-1|",            "*2|$1|a|_|",            "a|(nil)|"),
        row(Reply.array(PAIR, Reply.ONE),        "*2|*2|$1|a|:2|:1|",       "*2|*2|$1|a|:2|:1|",     "a|:2|:1|"),
        row(Reply.array(Reply.EMPTY_ARRAY, A),   "*2|*0|$1|a|",             "*2|*0|$1|a|",           "(empty)|a|"),
        row(Reply.array(Reply.error("x"), A),    "*2|-ERR x|$1|a|",         "*2|-ERR x|$1|a|",       "-ERR x|a|"),
        row(Reply.map(A, Reply.integer(3)),      "*2|$1|a|:3|",             "%1|$1|a|:3|",           "a|:3|"),
        row(Reply.map(A, real(3), A, PAIR),      "*4|$1|a|$1|3|$1|a|*2|$1|a|:2|", "%2|$1|a|,3|$1|a|*2|$1|a|:2|", "a|3|a|a|:2|"),
        row(Reply.map(),                         "*0|",                     "%0|",                   "(empty)|"),
        row(set(A, Reply.ONE),                   "*2|$1|a|:1|",             "~2|$1|a|:1|",           "a|:1|"),
        row(set(),                               "*0|",                     "~0|",                   "(empty)|"),
        row(real(3),                             "$1|3|",                   ",3|",                   "3|"),
        row(real(0.1),                           "$3|0.1|",                 ",0.1|",                 "0.1|"),
        row(real(1e20),                          "$5|1e+20|",               ",1e+20|",               "1e+20|"),
        row(real(Double.NEGATIVE_INFINITY),      "$4|-inf|",                ",-inf|",                "-inf|"),
        row(new Reply.Truth(true),               ":1|",                     "#t|",                   "true|"),
        row(new Reply.Truth(false),              ":0|",                     "#f|",                   "false|"),
        row(Reply.verbatim("hello"),             "$5|hello|",               "=9|txt:hello|",         "hello|"),
        row(Reply.verbatim("a:1\r\n"),           "$5|a:1||",                "=9|txt:a:1||",          "a:1|"),
        row(Reply.verbatim(""),                  "$0||",                    "=4|txt:|",              "|"),
        row(Reply.push(Reply.bulk("message"), Reply.bulk("news"), A),
            "*3|$7|message|$4|news|$1|a|",       ">3|$7|message|$4|news|$1|a|",                      "message news a|"),
        row(Reply.push(Reply.bulk("subscribe"), A, Reply.ONE),
            "*3|$9|subscribe|$1|a|:1|",          ">3|$9|subscribe|$1|a|:1|",                         "subscribe a 1|"),
        row(Reply.push(Reply.bulk("invalidate"), Reply.NIL),
            "*2|$10|invalidate|$-1|",            ">2|$10|invalidate|_|",                             "invalidate (nil)|"),
        row(both(Reply.push(A), Reply.ONE),      "*1|$1|a|:1|",             ">1|$1|a|:1|",           "a|:1|"),
        row(Reply.NONE,                          "",                        "",                      ""));
  }
  // spotless:on

  private static String encoded(Reply reply, Encoding encoding) {
    ReplyBuffer out = new ReplyBuffer();
    encoding.write(reply, out);
    return new String(out.drain(), StandardCharsets.UTF_8).replace("\r\n", "|");
  }

  @ParameterizedTest
  @MethodSource("replies")
  void writesTheTable(Reply reply, String resp2, String resp3, String line) {
    assertThat(encoded(reply, Encoding.RESP2)).isEqualTo(resp2);
    assertThat(encoded(reply, Encoding.RESP3)).isEqualTo(resp3);
    assertThat(encoded(reply, Encoding.LINE)).isEqualTo(line);
  }

  @Test
  void theTableHasEveryKindOfReply() {
    Set<Class<?>> kinds = new HashSet<>();
    replies().forEach(row -> kinds.add(row.get()[0].getClass()));
    assertThat(kinds).containsExactlyInAnyOrder(Reply.class.getPermittedSubclasses());
  }

  @Test
  void aPushOfAnyKindOfReplyIsOneLine() {
    List<Reply> all = replies().map(row -> (Reply) row.get()[0]).toList();
    ReplyBuffer out = new ReplyBuffer();
    Encoding.LINE.write(Reply.push(Reply.map(A, PAIR), set(A), real(1.5), A), out);
    assertThat(new String(out.drain(), StandardCharsets.UTF_8)).isEqualTo("a a 2 a 1.5 a\r\n");
    Encoding.LINE.write(new Reply.Push(all), out);
    assertThat(new String(out.drain(), StandardCharsets.UTF_8))
        .startsWith("OK OK PONG QUEUED -ERR");
  }

  @Test
  void controlCommandsAnswerPeopleInResp() {
    assertThat(Encoding.LINE.forControl()).isEqualTo(Encoding.RESP2);
    assertThat(Encoding.RESP2.forControl()).isEqualTo(Encoding.RESP2);
    assertThat(Encoding.RESP3.forControl()).isEqualTo(Encoding.RESP3);
  }

  @Test
  void refusesRepliesThatCannotBeWritten() {
    assertThatThrownBy(() -> Reply.map(A))
        .hasMessage("Expected keys and values in turn but were 1 replies");
    assertThatThrownBy(() -> new Reply.Verbatim("text", new byte[0]))
        .hasMessage("Expected a format of 3 letters but was text");
  }

  @Test
  void repliesCompareByContent() {
    assertThat(Reply.bulk("a")).isEqualTo(Reply.bulk("a")).hasSameHashCodeAs(Reply.bulk("a"));
    assertThat(Reply.bulk("a")).isNotEqualTo(Reply.bulk("b")).hasToString("Bulk['a']");
    assertThat(Reply.verbatim("a")).isEqualTo(Reply.verbatim("a")).isNotEqualTo(Reply.bulk("a"));
    assertThat(Reply.oneIf(true)).isSameAs(Reply.integer(1)).isSameAs(Reply.ONE);
    assertThat(Reply.oneIf(false)).isSameAs(Reply.integer(0)).isSameAs(Reply.ZERO);
  }
}
