package dev.larder.codec;

import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collections;
import java.util.Currency;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** The types whose instances never change, so that nobody can tell a copy from the original. */
final class Immutables {

  /** Immutable, and so is whatever a variable of this type refers to. */
  private static final Set<Class<?>> DECLARED =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          UUID.class,
          URI.class,
          Locale.class,
          Currency.class,
          Pattern.class,
          Class.class,
          Instant.class,
          Duration.class,
          Period.class,
          LocalDate.class,
          LocalTime.class,
          LocalDateTime.class,
          OffsetTime.class,
          OffsetDateTime.class,
          ZonedDateTime.class,
          ZoneId.class, // not final, but only java.time can extend it
          ZoneOffset.class,
          Year.class,
          YearMonth.class,
          MonthDay.class);

  /** Immutable themselves; a variable of the type may refer to a subclass that is not. */
  private static final Set<Class<?>> EXACT =
      Set.of(
          BigInteger.class,
          BigDecimal.class,
          String.CASE_INSENSITIVE_ORDER.getClass(),
          Collections.reverseOrder().getClass(),
          Collections.emptyList().getClass(),
          Collections.emptySet().getClass(),
          Collections.emptyMap().getClass());

  /** What makes of a stream more than a value: a class, and what has to be compiled. */
  private static final Set<Class<?>> MORE_THAN_VALUES = Set.of(Class.class, Pattern.class);

  private Immutables() {}

  /** Those that may be read from anybody's stream. */
  static Set<Class<?>> harmless() {
    Set<Class<?>> all = new HashSet<>(DECLARED);
    all.addAll(EXACT);
    all.removeAll(MORE_THAN_VALUES);
    return all;
  }

  /** Whether the instances of exactly this class of the JDK are immutable. */
  static boolean isImmutableJdkClass(Class<?> type) {
    return DECLARED.contains(type) || EXACT.contains(type) || ZoneId.class.isAssignableFrom(type);
  }

  /** Whether all that a variable of the declared type can refer to is immutable. */
  static boolean isImmutableType(Class<?> declared) {
    return isImmutableType(declared, new HashSet<>());
  }

  /**
   * @param assumed records whose other components are being looked at: a type that refers to itself
   *     is immutable if the rest of it is
   */
  private static boolean isImmutableType(Class<?> declared, Set<Class<?>> assumed) {
    if (declared.isPrimitive() || declared.isEnum() || DECLARED.contains(declared)) {
      return true;
    }
    if (!declared.isRecord()) {
      return false;
    }
    if (assumed.add(declared)) {
      for (RecordComponent component : declared.getRecordComponents()) {
        if (!isImmutableType(component.getType(), assumed)) {
          return false;
        }
      }
    }
    return true;
  }
}
