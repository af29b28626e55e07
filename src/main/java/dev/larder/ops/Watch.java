package dev.larder.ops;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Somebody's wish to know that a key changes ({@code WATCH}), until it is closed. */
public final class Watch implements AutoCloseable {
  private final Runnable onChange;
  private final Consumer<Watch> remove;
  private final AtomicBoolean closed = new AtomicBoolean();

  Watch(Runnable onChange, Consumer<Watch> remove) {
    this.onChange = onChange;
    this.remove = remove;
  }

  void tell() {
    onChange.run();
  }

  /** Ends it; a change that is just happening may still be told. Closing twice is fine. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      remove.accept(this);
    }
  }
}
