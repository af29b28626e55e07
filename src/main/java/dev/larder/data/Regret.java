package dev.larder.data;

/** How likely it is that those who left come back soon: the price of having let them go. */
final class Regret {
  private double left;
  private double back;

  void left() {
    left++;
  }

  void back() {
    back++;
  }

  /** What was long ago counts less and less. */
  void fade(double factor) {
    left *= factor;
    back *= factor;
  }

  /** From 0 to about 1; hardly anything as long as hardly anybody left. */
  double now() {
    return back / (left + 1);
  }
}
