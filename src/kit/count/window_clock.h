// WindowClock: which bucket of a ring an instant belongs to, and which buckets are still inside the
// window. The rules of time for all windowed counters; holds no counts.
//
// The time line is cut into buckets of width() nanoseconds, bucket i being [i * width, (i + 1) *
// width) whatever the instance: equal windows of several instances have equal buckets. The window
// is the newest bucket and `buckets` older ones, so that (newest - window, newest] is always inside
// and up to one width more is.
//
//   place(at)      at > newest + max_ahead  -> kAhead      (the first event is never ahead)
//                  bucket has left          -> kLate
//                  else                     -> kAdded, and newest = max(newest, at)
//                  (an instant inside the newest bucket is never ahead)
//                  beyond +-kMaxInstant     -> kRefused
//   advance(now)   newest = max(newest, now), whatever the distance; beyond kMaxInstant: nothing
//
// Invariant: newest() and head() never go back. A clock that steps backward only makes events land
// in older buckets, or come late. Units: nanoseconds. Plain value; one thread at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

enum class WindowAdd : unsigned char {
  kAdded,
  kLate,     // older than the window
  kAhead,    // further in the future than allowed
  kRefused,  // the key or the weight cannot be taken
};

class WindowClock {
 public:
  static constexpr std::uint32_t kMaxBuckets = 4096;

  static constexpr std::int64_t kMaxInstant = std::int64_t{1} << 62;  // ns: 146 years
  static constexpr std::chrono::nanoseconds kMaxWindow{std::int64_t{1} << 60};

  // REQUIRES: 1 <= buckets <= kMaxBuckets, buckets ns <= window <= kMaxWindow, max_ahead >= 0.
  // The width is rounded up to whole nanoseconds.
  WindowClock(std::chrono::nanoseconds window, std::uint32_t buckets,
              std::chrono::nanoseconds max_ahead)
      : buckets_(buckets), max_ahead_(max_ahead.count()) {
    CHECK(buckets >= 1 && buckets <= kMaxBuckets);
    CHECK(window.count() >= buckets && window <= kMaxWindow && max_ahead.count() >= 0);
    width_ = window.count() / buckets + (window.count() % buckets != 0 ? 1 : 0);
  }

  // Inside the newest bucket, the common case, this is two comparisons. head() may have moved.
  WindowAdd place(base::Mono at, std::int64_t& bucket) {
    const std::int64_t t = at.time_since_epoch().count();
    if (started_ && t >= head_start_ && t < head_start_ + width_) {
      newest_ = std::max(newest_, t);
      bucket = head_;
      return WindowAdd::kAdded;
    }
    return place_elsewhere(t, bucket);
  }

  void advance(base::Mono now) {
    const std::int64_t t = now.time_since_epoch().count();
    if ((started_ && t <= newest_) || t > kMaxInstant || t < -kMaxInstant) return;
    move_to(t);
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] std::int64_t head() const { return head_; }               // the newest bucket
  [[nodiscard]] std::int64_t tail() const { return head_ - buckets_; }    // the oldest inside
  [[nodiscard]] std::uint32_t ring_size() const { return buckets_ + 1; }  // buckets inside
  [[nodiscard]] std::int64_t width() const { return width_; }
  [[nodiscard]] base::Mono newest() const {
    return started_ ? base::Mono{std::chrono::nanoseconds{newest_}} : base::Mono::min();
  }
  // The start of the oldest bucket inside.
  [[nodiscard]] base::Mono since() const {
    if (!started_) return base::Mono::min();
    return base::Mono{std::chrono::nanoseconds{tail() * width_}};
  }
  [[nodiscard]] std::uint32_t ring_place(std::int64_t bucket) const {
    const std::int64_t rest = bucket % ring_size();
    return static_cast<std::uint32_t>(rest < 0 ? rest + ring_size() : rest);
  }
  [[nodiscard]] bool same_buckets(const WindowClock& other) const {
    return width_ == other.width_ && buckets_ == other.buckets_;
  }
  // How many buckets, from the newest backward, cover (newest - window, newest]; at most all.
  [[nodiscard]] std::uint32_t buckets_for(std::chrono::nanoseconds window) const {
    const std::int64_t whole =
        std::max<std::int64_t>(window.count(), 0) / width_ + (window.count() % width_ > 0 ? 1 : 0);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(whole, buckets_) + 1);
  }

 private:
  [[nodiscard]] std::int64_t bucket_of(std::int64_t t) const {
    return t / width_ - (t % width_ < 0 ? 1 : 0);
  }

  WindowAdd place_elsewhere(std::int64_t t, std::int64_t& bucket) {
    if (t > kMaxInstant || t < -kMaxInstant) return WindowAdd::kRefused;
    if (started_ && t > newest_ && t - newest_ > max_ahead_) return WindowAdd::kAhead;
    bucket = bucket_of(t);
    if (started_ && bucket < tail()) return WindowAdd::kLate;
    if (!started_ || t > newest_) move_to(t);
    return WindowAdd::kAdded;
  }

  void move_to(std::int64_t t) {
    newest_ = t;
    head_ = bucket_of(t);
    head_start_ = head_ * width_;
    started_ = true;
  }

  std::int64_t width_ = 1;
  std::int64_t buckets_;
  std::int64_t max_ahead_;
  std::int64_t newest_ = 0;
  std::int64_t head_ = 0;
  std::int64_t head_start_ = 0;
  bool started_ = false;
};

}  // namespace ashlar::kit
