package dev.larder.ops;

import dev.larder.store.Change;
import dev.larder.store.Feed;
import dev.larder.store.Subscriber;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What tells a {@link ChangeListener} of the changes of a cache, until it is closed.
 *
 * <p>A change may be told by another thread than the one that made it. So who made it is asked when
 * it is recorded, and kept until it is told.
 */
public final class ChangeSubscription<K, V> implements AutoCloseable {
  private final Feed<K, V> feed;
  private final ChangeListener<? super K> listener;
  private final ConcurrentHashMap<Recorded, Object> origins = new ConcurrentHashMap<>();
  private final Subscriber<K, V> subscriber = new Told();

  ChangeSubscription(Feed<K, V> feed, ChangeListener<? super K> listener) {
    this.feed = feed;
    this.listener = listener;
    feed.subscribe(subscriber);
  }

  /** Ends it; a change on its way may still be told. Closing twice is fine. */
  @Override
  public void close() {
    feed.unsubscribe(subscriber);
  }

  private final class Told implements Subscriber<K, V> {
    @Override
    public void replaced() {
      listener.replaced();
    }

    @Override
    public void recorded(Change<K, V> change) {
      Object origin = listener.origin();
      if (origin != null) {
        origins.put(new Recorded(change), origin);
      }
    }

    @Override
    public void delivered(Change<K, V> change) {
      Object origin = origins.isEmpty() ? null : origins.remove(new Recorded(change));
      tell(listener, change, origin);
    }
  }

  @SuppressWarnings("unchecked") // a listener of a supertype takes the key
  private static <K> void tell(
      ChangeListener<? super K> listener, Change<K, ?> change, @Nullable Object origin) {
    ((ChangeListener<K>) listener)
        .changed(
            new KeyChange<>(change.key(), kind(change), change.event(), change.timed(), origin));
  }

  private static KeyChange.Kind kind(Change<?, ?> change) {
    return switch (change.cause()) {
      case CREATED -> KeyChange.Kind.CREATED;
      case UPDATED -> KeyChange.Kind.UPDATED;
      case REMOVED -> KeyChange.Kind.REMOVED;
      case EXPIRED -> KeyChange.Kind.EXPIRED;
      case EVICTED -> KeyChange.Kind.EVICTED;
      case CLEARED -> KeyChange.Kind.CLEARED;
      case DEADLINE -> KeyChange.Kind.DEADLINE;
    };
  }

  /** A change as itself: two that look the same are two. */
  private static final class Recorded {
    private final Change<?, ?> change;

    Recorded(Change<?, ?> change) {
      this.change = Objects.requireNonNull(change);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // is what this class is for
    public boolean equals(@Nullable Object other) {
      return other instanceof Recorded that && that.change == change;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(change);
    }
  }
}
