// StuckProvider: answers nothing until it is released; begins a few, and gives the rest back when
// it is asked to, as a mail server does whose connections are all stuck.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/notifications/queued_provider.h"

namespace ashlar::notifications {

// Shared by the test and the provider that the pool has made of it.
class StuckScript {
 public:
  // `holds`: what it does not answer; the rest is taken at once.
  explicit StuckScript(std::size_t begins, std::function<bool(const Outgoing&)> holds = nullptr)
      : begins_(begins), holds_(std::move(holds)) {}

  [[nodiscard]] std::unique_ptr<Provider> make() { return std::make_unique<Stuck>(*this); }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  [[nodiscard]] std::size_t probes() const {
    const std::lock_guard lock(mutex_);
    return probes_;
  }
  void release() {
    std::vector<Provider::Done> held;
    {
      const std::lock_guard lock(mutex_);
      released_ = true;
      held.swap(held_);
    }
    for (const Provider::Done& done : held) done(result(Verdict::kAccepted));
  }

 private:
  class Stuck final : public QueuedProvider {
   public:
    explicit Stuck(StuckScript& script) : script_(script) {}
    void send(Outgoing message, Done done) override {
      script_.take(message, false, std::move(done));
    }
    void send_probe(Outgoing message, Done done) override {
      script_.take(message, true, std::move(done));
    }
    void give_back() override { script_.give_back(); }

   private:
    StuckScript& script_;
  };

  static SendResult result(Verdict verdict, std::string_view code = {}) {
    SendResult made;
    made.verdict = verdict;
    made.code = code;
    return made;
  }
  void take(const Outgoing& message, bool probe, Provider::Done done) {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
      probes_ += probe ? 1 : 0;
      if (!released_ && (holds_ == nullptr || holds_(message))) {
        held_.push_back(std::move(done));
        return;
      }
    }
    done(result(Verdict::kAccepted));
  }
  void give_back() {
    std::vector<Provider::Done> back;
    {
      const std::lock_guard lock(mutex_);
      while (held_.size() > begins_) {
        back.push_back(std::move(held_.back()));
        held_.pop_back();
      }
    }
    for (const Provider::Done& done : back) done(result(Verdict::kRetry, kGivenBack));
  }

  const std::size_t begins_;
  const std::function<bool(const Outgoing&)> holds_;
  mutable std::mutex mutex_;  // guards what follows
  std::size_t count_ = 0, probes_ = 0;
  std::vector<Provider::Done> held_;
  bool released_ = false;
};

}  // namespace ashlar::notifications
