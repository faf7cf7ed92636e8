// ProductPage: one answer put together from four services, of which one is critical: without the
// catalogue there is nothing to show, and the request fails. Price, reviews and recommendations are
// optional: what cannot be had in time is taken from the last good answer, or left out, and the
// answer says so:
//
//   {"data":{"catalogue":…,"price":…,"reviews":…,"recommendations":null},
//    "errors":[{"part":"recommendations","reason":"circuit_open","stale":false}],
//    "degraded":true}
//
// All four are asked at once, each with the whole of what is left of the caller's time but a part
// kept for putting it together. Any thread.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/cache/cache.h"
#include "kit/resilience/deadline_budget.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::example {

class ProductPage {
 public:
  static constexpr std::size_t kParts = 4;
  enum Part : std::size_t { kCatalogue, kPrice, kReviews, kRecommendations };
  static constexpr std::array<const char*, kParts> kNames{"catalogue", "price", "reviews",
                                                          "recommendations"};

  struct Source {
    outbound::Dependency* dependency;
    std::string base_url;
  };
  using Sources = std::array<Source, kParts>;

  ProductPage(outbound::OutboundClient& client, Sources sources, const base::Clock& clock)
      : client_(client), sources_(std::move(sources)), clock_(clock) {}

  // Error: the catalogue's, where it cannot be had.
  base::Result<std::string> get(const std::string& product, base::Millis patience) {
    const base::Mono now = clock_.mono();
    const kit::DeadlineBudget budget =
        kit::DeadlineBudget(patience, now).reserve(std::chrono::milliseconds(5), now);
    const auto wait = std::make_shared<Wait>();
    for (std::size_t part = 0; part < kParts; ++part) {
      client_.submit(*sources_[part].dependency,
                     {.url = sources_[part].base_url + "/" + product,
                      .deadline = now + budget.parallel(now).remaining(now)},
                     [wait, part](base::Result<outbound::Answer> result) {
                       wait->put(part, std::move(result));
                     });
    }
    return put_together(product, wait->all());
  }

 private:
  static constexpr std::chrono::minutes kStale{10};
  using Results = std::array<base::Result<outbound::Answer>, kParts>;

  class Wait {
   public:
    void put(std::size_t part, base::Result<outbound::Answer> result) {
      const std::lock_guard lock(mutex_);
      results_[part] = std::move(result);
      if (++come_ == kParts) changed_.notify_one();
    }
    // Every call has its deadline, so all of them come.
    Results& all() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return come_ == kParts; });
      return results_;
    }

   private:
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    Results results_{outbound::Answer{}, outbound::Answer{}, outbound::Answer{},
                     outbound::Answer{}};
    std::size_t come_ = 0;
  };

  static base::Error error_of(const base::Result<outbound::Answer>& result) {
    if (!result.ok()) return result.error();
    return base::fail(base::Code::kUnavailable, "dependency_failed",
                      "it answered " + std::to_string(result->status));
  }

  base::Result<std::string> put_together(const std::string& product, Results& results) {
    const base::Mono now = clock_.mono();
    std::string data, errors;
    for (std::size_t part = 0; part < kParts; ++part) {
      const base::Result<outbound::Answer>& result = results[part];
      const std::string key = std::string(kNames[part]) + "/" + product;
      std::string body = "null";
      if (result.ok() && result->status == 200) {
        body = result->body;
        if (part != kCatalogue) last_good_.put(key, body, now, kStale);
      } else {
        const base::Error error = error_of(result);
        if (part == kCatalogue) return error;
        const auto stale = last_good_.get(key, now);
        if (stale) body = *stale;
        errors += std::string(errors.empty() ? "" : ",") + "{\"part\":\"" + kNames[part] +
                  "\",\"reason\":\"" + error.reason + "\",\"stale\":" + (stale ? "true" : "false") +
                  "}";
      }
      data += std::string(data.empty() ? "" : ",") + "\"" + kNames[part] + "\":" + body;
    }
    return "{\"data\":{" + data + "},\"errors\":[" + errors +
           "],\"degraded\":" + (errors.empty() ? "false" : "true") + "}";
  }

  outbound::OutboundClient& client_;
  const Sources sources_;
  const base::Clock& clock_;
  kit::Cache<std::string, std::string> last_good_{{.capacity = 10'000, .seed = 1}};
};

}  // namespace ashlar::example
