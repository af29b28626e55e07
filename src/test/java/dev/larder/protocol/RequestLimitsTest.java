package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class RequestLimitsTest {
  private static final long MB = 1 << 20;

  @Test
  void defaultsFollowTheHeapUpToWhatRedisAllows() {
    assertThat(RequestLimits.forHeap(64 * MB)).isEqualTo(new RequestLimits(8 << 20, 16 << 20));
    assertThat(RequestLimits.forHeap(4096 * MB)).isEqualTo(new RequestLimits(512 << 20, 1 << 30));
    assertThat(RequestLimits.forHeap(Long.MAX_VALUE))
        .isEqualTo(new RequestLimits(512 << 20, 1 << 30));
    assertThat(RequestLimits.forHeap(0).maxBulkLength()).isEqualTo(1);
  }

  @Test
  void refusesLimitsThatCannotBeKept() {
    assertThatThrownBy(() -> new RequestLimits(0, 10))
        .hasMessage("Expected a maxBulkLength of 1 to 536870912 bytes but was 0");
    assertThatThrownBy(() -> new RequestLimits((512 << 20) + 1, 1 << 30))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RequestLimits(10, 9))
        .hasMessage(
            "Expected a maxRequestLength of 10 (maxBulkLength) to 1073741824 bytes but was 9");
    assertThatThrownBy(() -> new RequestLimits(10, (1 << 30) + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
