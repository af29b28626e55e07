package com.example.books;

import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.stereotype.Service;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A service whose answers take long, so they are cached. */
@Service
public class Books {
  private final AtomicInteger calls = new AtomicInteger();

  /** How often a method was really called. */
  public int calls() {
    return calls.get();
  }

  /** One key, a record. */
  @Cacheable("books")
  public Book byIsbn(String isbn) {
    calls.incrementAndGet();
    return new Book(isbn, "Book " + isbn, LocalDate.of(2026, 1, 31));
  }

  /** Two arguments: the key is {@code SimpleKey [Dune, 2]}. */
  @Cacheable("editions")
  public String edition(String title, int number) {
    calls.incrementAndGet();
    return title + ", edition " + number;
  }

  /** That there is none is cached, too. */
  @Cacheable("reviews")
  public String review(String isbn) {
    calls.incrementAndGet();
    return null;
  }

  /** An object that can change. */
  @Cacheable("authors")
  public Author author(String name) {
    calls.incrementAndGet();
    return new Author(name);
  }

  /** Of all who ask at the same time, one computes, and the others wait. */
  @Cacheable(cacheNames = "stock", sync = true)
  public long inStock(String isbn) {
    calls.incrementAndGet();
    return isbn.length();
  }

  /** The same, but nobody's thread waits. */
  @Cacheable(cacheNames = "prices", sync = true)
  public CompletableFuture<Long> price(String isbn) {
    calls.incrementAndGet();
    return CompletableFuture.supplyAsync(() -> 1_000L + isbn.length());
  }

  @Cacheable("ratings")
  public Mono<Double> rating(String isbn) {
    calls.incrementAndGet();
    return Mono.just(4.5);
  }

  @Cacheable("tags")
  public Flux<String> tags(String isbn) {
    calls.incrementAndGet();
    return Flux.fromIterable(List.of("fiction", "sand"));
  }

  /** The new book is what {@link #byIsbn} finds from now on. */
  @CachePut(cacheNames = "books", key = "#book.isbn")
  public Book publish(Book book) {
    return book;
  }

  @CacheEvict("books")
  public void forget(String isbn) {}

  @CacheEvict(cacheNames = "books", allEntries = true, beforeInvocation = true)
  public void forgetAll() {
    throw new IllegalStateException("the shelf is on fire"); // forgotten nevertheless
  }
}
