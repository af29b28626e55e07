package dev.larder.server;

import dev.larder.OperationException;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/** Keeps nothing: remembers what it was asked for, is in the state it was put in, fails if told. */
final class FakePersistence implements Persistence, Persistence.Opener {
  static final Instant SAVED = Instant.ofEpochSecond(1_600_000_000);

  final List<String> calls = new CopyOnWriteArrayList<>();
  List<String> numbers = List.of("strings");
  volatile PersistenceOptions options = PersistenceOptions.in(java.nio.file.Path.of("unused"));
  volatile @Nullable String failure;
  volatile long changes;
  volatile @Nullable Instant saveBegan;
  volatile @Nullable String saveFailure;
  volatile PersistenceStatus.@Nullable Log log;

  private void call(String name) {
    calls.add(name);
    String failure = this.failure;
    if (failure != null) {
      throw new PersistenceException(failure);
    }
  }

  static PersistenceStatus.Log log(@Nullable Instant rewriteBegan, @Nullable String failure) {
    return new PersistenceStatus.Log(
        rewriteBegan, false, Duration.ofMillis(2_500), null, 4, failure, 100, 80, 20, 3);
  }

  @Override
  public Persistence open(
      String name, PersistenceOptions options, List<? extends Cache<?, ?>> caches) {
    call("open " + name + " in " + options.directory());
    this.options = options;
    return this;
  }

  @Override
  public void save() {
    call("save");
  }

  @Override
  public boolean saveInBackground(boolean later) {
    call("bgsave " + later);
    return !later;
  }

  @Override
  public boolean rewriteLog() {
    call("rewrite");
    if (log == null) {
      throw new OperationException("ERR", "no log");
    }
    return true;
  }

  @Override
  public Instant lastSave() {
    return SAVED;
  }

  @Override
  public PersistenceStatus status() {
    return new PersistenceStatus(
        false,
        changes,
        new PersistenceStatus.Snapshots(
            saveBegan, 10, 5, SAVED, Duration.ofSeconds(7), saveFailure, 2, 11, 1),
        log);
  }

  @Override
  public void reloadLog() {
    call("reloadLog");
  }

  @Override
  public void reload(boolean save) {
    call("reload " + save);
  }

  @Override
  public void reconfigure(PersistenceOptions options) {
    call("reconfigure");
    this.options = options;
  }

  @Override
  public PersistenceOptions options() {
    return options;
  }

  @Override
  public List<String> numbers() {
    return numbers;
  }

  @Override
  public void swap(int one, int other) {
    call("swap " + one + " " + other);
  }

  @Override
  public void close() {
    call("close");
  }

  @Override
  public void close(boolean save) {
    call("close " + save);
  }
}
