package dev.larder.codec;

import dev.larder.CodecException;
import java.io.IOException;
import java.io.NotSerializableException;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Copies Java objects for caches that store by value.
 *
 * <h2>What a copy is</h2>
 *
 * <p>The object that Java serialization would make of the original with the class loader of the
 * cache manager, and never with the thread's context loader, which in a pool is anybody's. The
 * graph keeps its shape: shared references stay shared, cycles stay cycles. Two liberties are
 * taken:
 *
 * <ul>
 *   <li>what cannot change is shared instead of copied, serializable or not: strings, numbers,
 *       enums, {@code java.time}, … ({@link Immutables}), records made only of such, and the
 *       collections of {@code List.of}, {@code Set.of}, {@code Map.of} of such;
 *   <li>some collections differ in what their contract leaves open: a {@code HashSet} may iterate
 *       in another order, a {@code HashMap} has the default load factor, {@code Arrays.asList} is
 *       backed by an {@code Object[]}.
 * </ul>
 *
 * <h2>How it is made</h2>
 *
 * <p>A {@link Plan} for each class says how its instances are copied: shared, by their own methods
 * (the usual JDK collections, {@link JdkPlans}), by their components ({@link RecordPlan}), or field
 * by field ({@link PlainClassPlan}), recursively. Whenever the graph holds anything else (a class
 * with a {@code readObject} of its own, one whose fields cannot be reached, one that the loader
 * does not know or knows as another), or the fast copy fails for any reason, what was done is
 * dropped and the whole value is serialized and deserialized. So only serialization decides what
 * cannot be copied, and the fast copy need never be complete, only right.
 *
 * <p>The bytes are those that this class has just written, so deserializing them is not a door for
 * attackers; a process-wide filter ({@code jdk.serialFilter}) still applies.
 *
 * <p>Thread-safe. One per cache manager; keeps no class and no loader but its own from unloading.
 */
public final class Copier {

  private final @Nullable ClassLoader loader;

  /**
   * A {@code ClassValue} because it is asked for every value read: a few ns, no lock, and the plans
   * go when either the class or this copier goes.
   */
  private final ClassValue<Plan> plans =
      new ClassValue<>() {
        @Override
        protected Plan computeValue(Class<?> type) {
          return Plan.of(type, loader);
        }
      };

  /**
   * @param loader finds the classes of copies by name: the cache manager's; null for the bootstrap
   *     loader
   */
  public Copier(@Nullable ClassLoader loader) {
    this.loader = loader;
  }

  /** What finds the classes of copies. */
  @Nullable ClassLoader loader() {
    return loader;
  }

  /**
   * A copy of {@code value} that shares nothing changeable with it, or {@code value} itself if that
   * cannot change.
   *
   * @throws CodecException if something the value refers to is not serializable (the message names
   *     its class), is of a class unknown to the loader, refuses in a method of its own, or is
   *     nested too deeply for the stack of this thread
   */
  @SuppressWarnings("unchecked")
  public <T> T copy(T value) {
    if (value instanceof String) {
      return value;
    }
    Plan plan = plans.get(value.getClass());
    return plan == Plan.SHARE ? value : (T) copyChangeable(value, plan);
  }

  /** Whether {@link #copy} is known to return the value itself. */
  public boolean isShared(Object value) {
    return value instanceof String || plans.get(value.getClass()) == Plan.SHARE;
  }

  private Object copyChangeable(Object value, Plan plan) {
    Object copy = plan == Plan.SERIALIZE ? null : copyPlain(value);
    return copy != null ? copy : copySerialized(value);
  }

  /** The fast copy, or null if it is not for this value. */
  @Nullable Object copyPlain(Object value) {
    try {
      Object copy = new Graph(plans).copy(value);
      // As after a constructor and as in ObjectInputStream: final fields are seen by whoever sees
      // the copy.
      VarHandle.releaseFence();
      return copy;
    } catch (RuntimeException | StackOverflowError e) {
      // Not plain, or a constructor, hashCode() or compareTo() of the application failed:
      // serialization has the last word.
      return null;
    }
  }

  private Object copySerialized(Object value) {
    SerialCopy copy = new SerialCopy(this, loader);
    try {
      return copy.of(value);
    } catch (NotSerializableException e) {
      String culprit = String.valueOf(e.getMessage());
      boolean itself = culprit.equals(value.getClass().getName());
      throw failure(
          value,
          (itself ? "it" : "it refers to a " + culprit + ", which") + " is not Serializable",
          e);
    } catch (ClassNotFoundException e) {
      throw failure(
          value,
          e.getMessage() + " is not visible to the cache manager's class loader " + loader,
          e);
    } catch (StackOverflowError e) {
      throw failure(value, "it is nested too deeply for the stack of this thread", e);
    } catch (IOException | RuntimeException e) {
      throw failure(value, "serialization fails with " + e, e);
    }
  }

  private static CodecException failure(Object value, String reason, Throwable cause) {
    return new CodecException(
        "a " + value.getClass().getTypeName() + " cannot be stored by value: " + reason, cause);
  }
}
