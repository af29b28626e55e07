package dev.larder.codec;

import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/**
 * Copies a record as serialization does: its components' fields, not its accessors, go to the
 * canonical constructor. A record all of whose components are their own copies is its own copy.
 */
final class RecordPlan implements Plan {

  private final Field[] fields;
  private final Constructor<?> constructor;

  private RecordPlan(Field[] fields, Constructor<?> constructor) {
    this.fields = fields;
    this.constructor = constructor;
  }

  static Plan of(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type) || PlainClassPlan.hasHooks(type)) {
      return SERIALIZE;
    }
    RecordComponent[] components = type.getRecordComponents();
    Field[] fields = new Field[components.length];
    Class<?>[] types = new Class<?>[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        fields[i] = type.getDeclaredField(components[i].getName());
        if (!fields[i].trySetAccessible()) {
          return SERIALIZE;
        }
      }
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      return constructor.trySetAccessible() ? new RecordPlan(fields, constructor) : SERIALIZE;
    } catch (ReflectiveOperationException e) {
      return SERIALIZE;
    }
  }

  @Override
  public Object copy(Object original, Graph graph) {
    graph.begin(original);
    @Nullable Object[] components = new Object[fields.length];
    boolean shared = true;
    try {
      for (int i = 0; i < fields.length; i++) {
        Object component = fields[i].get(original);
        components[i] = graph.copy(component);
        shared &= components[i] == component;
      }
      return graph.finish(original, shared ? original : constructor.newInstance(components));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // the constructor refuses: serialization will say so
    }
  }
}
