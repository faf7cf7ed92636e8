#include "platform/net/loop_group.h"

#include <utility>

#include "base/check.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::net {
namespace {

// Which loop of which group this thread is.
constinit thread_local const LoopGroup* own_group = nullptr;
constinit thread_local std::size_t own_index = 0;

}  // namespace

LoopGroup::LoopGroup(std::size_t loops, std::string name, const base::Clock& clock,
                     base::Millis tick)
    : name_(std::move(name)) {
  CHECK(loops > 0);
  for (std::size_t i = 0; i < loops; ++i) {
    loops_.push_back(std::make_unique<runtime::EventLoop>(clock, tick));
  }
}

LoopGroup::~LoopGroup() { stop(); }

void LoopGroup::start() {
  CHECK(threads_.empty());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    threads_.emplace_back([this, i] {
      own_group = this;
      own_index = i;
      runtime::set_thread_name(name_ + "-" + std::to_string(i));
      loops_[i]->run();
    });
  }
}

void LoopGroup::stop() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::optional<std::size_t> LoopGroup::current() const {
  if (own_group != this) return std::nullopt;
  return own_index;
}

}  // namespace ashlar::net
