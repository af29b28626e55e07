package dev.larder.persistence;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The real file system, but one of its calls fails, and the power may fail: then each file has what
 * it had when it was last forced, and each directory the names of that moment. Forcing costs
 * nothing here.
 */
final class FailingDisk implements Disk {
  /** How a call fails. */
  enum How {
    /** Nothing has happened. */
    BEFORE,
    /** Half of the bytes are written; what has no bytes has happened. */
    HALF,
    /** As BEFORE, and so do all calls from then on. */
    FOR_EVER
  }

  /** What is lost with the power. */
  enum Lost {
    NOTHING,
    CONTENT,
    NAMES,
    BOTH
  }

  private static final class Node {
    byte[] forced = {};
    byte[] last = {}; // when its name was taken away
  }

  private interface Call {
    void run() throws IOException;
  }

  private final int failAt;
  private final How how;
  private final Map<Path, Node> names = new TreeMap<>();
  private Map<Path, Node> forcedNames = new TreeMap<>();
  private int calls;
  private boolean repaired;
  private volatile boolean broken;

  /** Fails at no call. */
  FailingDisk() {
    this(Integer.MAX_VALUE, How.BEFORE);
  }

  FailingDisk(int failAt, How how) {
    this.failAt = failAt;
    this.how = how;
  }

  /** How many calls there were that could have failed. */
  int calls() {
    return calls;
  }

  /** From now on all calls fail. */
  void breakDown() {
    broken = true;
  }

  /** From now on nothing fails. */
  void repair() {
    repaired = true;
  }

  /** Ends the power and begins it again; files that are open must not be used any more. */
  void losePower(Lost lost) throws IOException {
    Map<Path, Node> survivors =
        lost == Lost.NAMES || lost == Lost.BOTH ? new TreeMap<>(forcedNames) : names;
    for (Map.Entry<Path, Node> entry : names.entrySet()) {
      entry.getValue().last = Files.readAllBytes(entry.getKey());
      Files.delete(entry.getKey());
    }
    boolean contentLost = lost == Lost.CONTENT || lost == Lost.BOTH;
    for (Map.Entry<Path, Node> entry : survivors.entrySet()) {
      Node node = entry.getValue();
      Files.write(entry.getKey(), contentLost ? node.forced : node.last);
    }
  }

  private void call(Call call) throws IOException {
    calls++;
    if (broken || !repaired && (calls == failAt || (calls > failAt && how == How.FOR_EVER))) {
      if (how == How.HALF) {
        call.run();
      }
      throw new IOException("No space left on device");
    }
    call.run();
  }

  @Override
  public Output create(Path file) throws IOException {
    call(() -> Files.write(file, new byte[0]));
    return open(file, REAL.create(file));
  }

  @Override
  public Output open(Path file) throws IOException {
    call(() -> {});
    return open(file, REAL.open(file));
  }

  private Output open(Path file, Output real) {
    Node node = names.computeIfAbsent(file, path -> new Node());
    return new Output() {
      @Override
      public void write(ByteBuffer bytes, long position) throws IOException {
        if (how == How.HALF && calls + 1 == failAt) {
          bytes.limit(bytes.position() + bytes.remaining() / 2);
        }
        call(() -> real.write(bytes, position));
      }

      @Override
      public void force() throws IOException {
        call(() -> node.forced = Files.readAllBytes(file));
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }

  @Override
  public InputStream read(Path file) throws IOException {
    byte[][] bytes = new byte[1][];
    call(() -> bytes[0] = Files.readAllBytes(file));
    return new ByteArrayInputStream(bytes[0]);
  }

  @Override
  public long size(Path file) throws IOException {
    call(() -> {});
    return REAL.size(file);
  }

  @Override
  public boolean exists(Path file) {
    return REAL.exists(file);
  }

  @Override
  public void replace(Path file, Path name) throws IOException {
    call(
        () -> {
          remember(name);
          REAL.replace(file, name);
          names.put(name, names.remove(file));
        });
  }

  private void remember(Path file) throws IOException {
    if (names.containsKey(file)) {
      names.get(file).last = Files.readAllBytes(file);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    call(
        () -> {
          remember(file);
          REAL.delete(file);
          names.remove(file);
        });
  }

  @Override
  public void truncate(Path file, long size) throws IOException {
    call(
        () -> {
          REAL.truncate(file, size);
          names.computeIfAbsent(file, path -> new Node()).forced = Files.readAllBytes(file);
        });
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    call(() -> REAL.createDirectories(directory));
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    call(() -> forcedNames = new TreeMap<>(names));
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    call(() -> {});
    return REAL.list(directory);
  }

  /** The one before may not have been closed: the power failed. */
  @Override
  public Closeable lock(Path directory) {
    return () -> {};
  }
}
