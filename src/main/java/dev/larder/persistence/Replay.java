package dev.larder.persistence;

import java.util.List;

/** Runs commands of a log that no log of ours has. */
public interface Replay {
  /**
   * Runs one of them, without a word to anybody.
   *
   * @param database the number selected
   * @return false if there is no such command
   * @throws dev.larder.OperationException if it fails
   */
  boolean run(int database, List<byte[]> words);
}
