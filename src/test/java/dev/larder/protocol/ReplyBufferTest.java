package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ReplyBufferTest {
  /** Takes up to {@code willing} bytes and then no more, as a socket with a full buffer. */
  private static final class Sink implements GatheringByteChannel {
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    int willing;
    int largestOffer;

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
      long written = 0;
      long offered = 0;
      for (ByteBuffer source : Arrays.asList(sources).subList(offset, offset + length)) {
        offered += source.remaining();
        while (source.hasRemaining() && willing > 0) {
          taken.write(source.get());
          willing--;
          written++;
        }
      }
      largestOffer = (int) Math.max(largestOffer, offered);
      return written;
    }

    @Override
    public long write(ByteBuffer[] sources) {
      return write(sources, 0, sources.length);
    }

    @Override
    public int write(ByteBuffer source) {
      return (int) write(new ByteBuffer[] {source});
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void keepsTheOrderOfSmallAndLargePiecesHoweverTheyAreTaken() throws IOException {
    Random random = new Random(3);
    for (int round = 0; round < 15; round++) {
      ReplyBuffer out = new ReplyBuffer();
      ReplyBuffer backlog = new ReplyBuffer();
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      Sink sink = new Sink();
      for (int i = 0; i < 200; i++) {
        int length =
            switch (random.nextInt(10)) {
              case 0 -> ReplyBuffer.SHARED + random.nextInt(3 * ReplyBuffer.SHARED);
              case 1 -> random.nextInt(ReplyBuffer.SHARED);
              default -> random.nextInt(30);
            };
        byte[] bytes = random(length, i);
        Encoding.RESP2.write(Reply.bulk(bytes), out);
        expected.writeBytes(Conversation.bytes("$" + length + "\r\n"));
        expected.writeBytes(bytes);
        expected.writeBytes(Conversation.bytes("\r\n"));
        if (random.nextInt(3) == 0) {
          // As a server does: what the loop's buffer cannot write now waits at the connection.
          out.moveTo(backlog);
          assertThat(out.size()).isZero();
          sink.willing = random.nextInt(30_000);
          assertThat(backlog.writeTo(sink)).isEqualTo(backlog.isEmpty());
        }
        assertThat(out.size() + backlog.size() + sink.taken.size()).isEqualTo(expected.size());
      }
      out.moveTo(backlog);
      sink.willing = Integer.MAX_VALUE;
      while (!backlog.writeTo(sink)) {
        assertThat(backlog.size()).isPositive();
      }
      assertThat(backlog.isEmpty()).isTrue();
      assertThat(sink.taken.toByteArray()).isEqualTo(expected.toByteArray());
      assertThat(sink.largestOffer).isLessThanOrEqualTo(128 * 1024);
    }
  }

  @Test
  void stopsWhenTheChannelTakesNoMore() throws IOException {
    ReplyBuffer out = new ReplyBuffer();
    Encoding.RESP2.write(Reply.OK, out);
    Sink sink = new Sink();
    assertThat(out.writeTo(sink)).isFalse();
    sink.willing = 3;
    assertThat(out.writeTo(sink)).isFalse();
    assertThat(out.size()).isEqualTo(2);
    sink.willing = 100;
    assertThat(out.writeTo(sink)).isTrue();
    assertThat(sink.taken).hasToString("+OK\r\n");
    assertThat(out.writeTo(sink)).isTrue();
  }

  @Test
  void writesNoMoreThanItsTurn() throws IOException {
    ReplyBuffer out = new ReplyBuffer();
    Encoding.RESP2.write(Reply.bulk(new byte[3 * ReplyBuffer.TURN]), out);
    Sink sink = new Sink();
    sink.willing = Integer.MAX_VALUE;
    assertThat(out.writeTo(sink)).isFalse();
    assertThat(sink.taken.size()).isBetween(ReplyBuffer.TURN, ReplyBuffer.TURN + 128 * 1024);
  }

  @Test
  void doesNotCopyLargePayloads() {
    ReplyBuffer out = new ReplyBuffer();
    byte[] value = random(ReplyBuffer.SHARED, 1);
    Encoding.RESP2.write(Reply.bulk(value), out);
    value[0]++;
    assertThat(Arrays.copyOfRange(out.drain(), 8, 8 + value.length)).isEqualTo(value);
  }

  @Test
  void copiesSmallPayloads() {
    ReplyBuffer out = new ReplyBuffer();
    byte[] value = {'a'};
    Encoding.RESP2.write(Reply.bulk(value), out);
    value[0]++;
    assertThat(out.drain()).isEqualTo(Conversation.bytes("$1\r\na\r\n"));
  }

  @Test
  void encodingIntoAUsedBufferAllocatesNothing() throws IOException {
    List<Reply> replies =
        List.of(Reply.OK, Reply.NIL, Reply.integer(123456789), Reply.bulk("value"), Reply.ONE);
    ReplyBuffer out = new ReplyBuffer();
    Sink sink = new Sink();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      sink.willing = Integer.MAX_VALUE;
      out.writeTo(sink);
      sink.taken.reset();
      long before = threads.getThreadAllocatedBytes(self);
      for (int i = 0; i < 10; i++) {
        for (int j = 0; j < replies.size(); j++) {
          Encoding.RESP2.write(replies.get(j), out);
        }
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
    }
    // An iterator or a small array for each of the 50 replies would be 800 bytes and more.
    assertThat(least).isLessThan(200);
  }

  @Test
  void movingLittleCopiesItAndMovingMuchDoesNot() {
    ReplyBuffer loop = new ReplyBuffer();
    ReplyBuffer connection = new ReplyBuffer();
    Encoding.RESP2.write(Reply.bulk("a"), connection);
    Encoding.RESP2.write(Reply.bulk("b"), loop);
    loop.moveTo(connection);
    for (int i = 0; i < 300; i++) {
      Encoding.RESP2.write(Reply.integer(i % 10), loop);
    }
    loop.moveTo(connection);
    loop.moveTo(connection);
    Encoding.RESP2.write(Reply.bulk("c"), connection);
    Encoding.RESP2.write(Reply.bulk("d"), loop);
    String text = new String(connection.drain(), StandardCharsets.US_ASCII);
    assertThat(text).startsWith("$1\r\na\r\n$1\r\nb\r\n:0\r\n:1\r\n").endsWith(":9\r\n$1\r\nc\r\n");
    assertThat(text).hasSize(2 * 7 + 300 * 4 + 7);
    assertThat(loop.drain()).isEqualTo(Conversation.bytes("$1\r\nd\r\n"));
  }

  @Test
  void writesTextAsUtf8AndEscapedBytesAsThemselves() {
    String text = "a\u00e9\u20ac\ud83d\ude00";
    assertThat(written(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    assertThat(written("\udcff\udc80x\ud83d")).isEqualTo(Conversation.bytes("\u00ff\u0080x?"));
    // A high surrogate makes a pair of what would be an escaped byte otherwise.
    assertThat(written("\ud83d\udc80")).isEqualTo("\ud83d\udc80".getBytes(StandardCharsets.UTF_8));
    assertThat(written("\udc7f\udd00")).isEqualTo(Conversation.bytes("??"));
    String longText = "\u20ac".repeat(5000);
    assertThat(written(longText)).isEqualTo(longText.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] written(String text) {
    ReplyBuffer out = new ReplyBuffer();
    out.putText(text);
    byte[] bytes = out.drain();
    assertThat(out.isEmpty()).isTrue();
    return bytes;
  }
}
