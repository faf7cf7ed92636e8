#include "modules/limits/keeping_state.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "modules/limits/batch.h"
#include "modules/limits/memory_state.h"

namespace ashlar::limits {
namespace {

bool is_local(const Ask& ask) { return ask.limit->spec().keeping == Keeping::kLocal; }

// Decided within the call.
class LocalPart final : public Batch {
 public:
  void on_decided() override {}
};

}  // namespace

// The shared part of a batch, while it waits; owns itself until it is decided.
class KeepingState::Mixed final : public Batch {
 public:
  Mixed(KeepingState& owner, Batch& whole, base::Mono now)
      : owner_(owner), whole_(whole), now_(now) {
    consume = whole.consume;
    keeps = whole.keeps;
    local_.consume = whole.consume;
    for (const Ask& ask : whole.asks) (is_local(ask) ? local_.asks : asks).push_back(ask);
  }

  void decide() {
    owner_.local_.decide(local_, now_);
    if (!local_.allowed && consume == Consume::kAllOrNone) {
      for (Ask& ask : asks) {
        if (ask.action == Action::kTake) ask.action = Action::kPeek;
      }
    }
    owner_.shared_.decide(*this, now_);
  }

  void on_decided() override {
    const std::unique_ptr<Mixed> self(this);
    std::size_t local = 0;
    std::size_t shared = 0;
    whole_.outcomes.clear();
    for (const Ask& ask : whole_.asks) {
      whole_.outcomes.push_back(is_local(ask) ? local_.outcomes[local++] : outcomes[shared++]);
    }
    judge(whole_);
    if (!whole_.allowed && local_.allowed && consume == Consume::kAllOrNone) give_back();
    whole_.on_decided();
  }

 private:
  void give_back() {
    LocalPart back;
    for (std::size_t i = 0; i < local_.asks.size(); ++i) {
      Ask ask = local_.asks[i];
      if (ask.action != Action::kTake || local_.outcomes[i].over()) continue;
      ask.action = Action::kRefund;
      back.asks.push_back(ask);
    }
    if (!back.asks.empty()) owner_.local_.decide(back, now_);
  }

  KeepingState& owner_;
  Batch& whole_;
  const base::Mono now_;
  LocalPart local_;
};

void KeepingState::decide(Batch& batch, base::Mono now) {
  const auto local = std::ranges::count_if(batch.asks, is_local);
  if (local == 0) {
    shared_.decide(batch, now);
  } else if (static_cast<std::size_t>(local) == batch.asks.size()) {
    local_.decide(batch, now);
  } else {
    std::make_unique<Mixed>(*this, batch, now).release()->decide();
  }
}

}  // namespace ashlar::limits
