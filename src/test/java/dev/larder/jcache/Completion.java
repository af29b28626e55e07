package dev.larder.jcache;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.integration.CompletionListener;

/** Notes each call: {@code completed}, or {@code failed} and the exception. */
class Completion implements CompletionListener {
  final List<String> calls = new ArrayList<>();
  Exception failure;

  static Completion ofLoadAll(Cache<String, String> cache, Set<String> keys, boolean replace) {
    Completion completion = new Completion();
    cache.loadAll(keys, replace, completion);
    return completion;
  }

  @Override
  public void onCompletion() {
    calls.add("completed");
  }

  @Override
  public void onException(Exception e) {
    calls.add("failed");
    failure = e;
  }
}
