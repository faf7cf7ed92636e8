#include "modules/limits/state_snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "modules/limits/limit_state.h"

namespace ashlar::limits {
namespace {

constexpr std::chrono::nanoseconds kUnbounded = std::chrono::nanoseconds::max();

base::Error unreadable(const std::string& path) {
  return base::fail(base::Code::kUnavailable, "snapshot_read",
                    "cannot read " + path + ": " + std::generic_category().message(errno));
}

class InputFile {
 public:
  explicit InputFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~InputFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] bool open() const { return fd_ >= 0; }
  // REQUIRES: open(); it outlives the source.
  [[nodiscard]] StateSource source(const std::string& path) const {
    return [fd = fd_, &path](std::span<char> room) -> base::Result<std::size_t> {
      while (true) {
        const ssize_t got = ::read(fd, room.data(), room.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return unreadable(path);
      }
    };
  }

 private:
  int fd_;
};

}  // namespace

StateSnapshot::StateSnapshot(MemoryState& state, const base::Clock& clock, Options options)
    : state_(state),
      clock_(clock),
      options_(std::move(options)),
      began_(clock.mono()),
      kept_as_of_(began_),
      due_(began_),
      rested_(began_) {}

std::optional<kit::SipKey> StateSnapshot::seed_of(const std::string& path) {
  const InputFile file(path);
  if (!file.open()) return std::nullopt;
  const auto header = read_state_header(file.source(path));
  if (!header.ok()) return std::nullopt;
  return header->seed;
}

base::Result<StateCounts> StateSnapshot::restore() {
  const InputFile file(options_.path);
  if (!file.open()) {
    if (errno == ENOENT) return StateCounts{};
    return unreadable(options_.path);
  }
  kept_something_ = true;
  return read_state(file.source(options_.path), state_, limiter_now(clock_.now()));
}

base::Status StateSnapshot::tick() {
  const base::Mono now = clock_.mono();
  if (now < rested_) return base::ok_status();
  if (!writing_) {
    if (now < due_) return base::ok_status();
    changed_ = state_.take_changed() || changed_;
    if (!changed_) return base::ok_status();
    if (base::Status begun = begin(options_.interval); !begun.ok()) {
      return abandoned(std::move(begun));
    }
  }
  base::Status status = copy(kSlice);
  const base::Mono end = clock_.mono();
  rested_ = end + (kDuty - 1) * (end - now);
  if (status.ok() && copied_all()) status = finish();
  return status.ok() ? base::ok_status() : abandoned(std::move(status));
}

base::Status StateSnapshot::save() {
  writing_.reset();
  static_cast<void>(state_.take_changed());
  base::Status status = begin(std::chrono::nanoseconds{0});
  if (status.ok()) status = copy(kUnbounded);
  if (status.ok()) status = finish();
  return status.ok() ? base::ok_status() : abandoned(std::move(status));
}

base::Status StateSnapshot::begin(std::chrono::nanoseconds beyond) {
  changed_ = false;
  began_ = clock_.mono();
  const base::Mono now = limiter_now(clock_.now());
  ASHLAR_ASSIGN(DurableFile file, DurableFile::create(options_.path));
  writing_.emplace(std::move(file), StateWriter(state_.seed(), now), now + beyond);
  return base::ok_status();
}

bool StateSnapshot::copied_all() const {
  return writing_->next == state_.counts().stripe_count() + state_.logs().stripe_count();
}

base::Status StateSnapshot::copy(std::chrono::nanoseconds slice) {
  const base::Mono start = clock_.mono();
  while (!copied_all()) {
    ASHLAR_TRY(copy_next());
    if (clock_.mono() - start >= slice) break;
  }
  return base::ok_status();
}

base::Status StateSnapshot::copy_next() {
  const std::size_t stripe = writing_->next++;
  const StateSink sink = [this](std::string_view bytes) { return writing_->file.write(bytes); };
  if (stripe < state_.counts().stripe_count()) {
    counts_.clear();
    state_.counts().copy_stripe(stripe, writing_->beyond, counts_);
    return writing_->writer.add(counts_, sink);
  }
  logs_.clear();
  state_.logs().copy_stripe(stripe - state_.counts().stripe_count(), writing_->beyond, logs_);
  return writing_->writer.add(logs_, sink);
}

base::Status StateSnapshot::finish() {
  const StateSink sink = [this](std::string_view bytes) { return writing_->file.write(bytes); };
  ASHLAR_TRY(writing_->writer.finish(sink));
  const bool something = writing_->writer.records() > 0;
  if (something || kept_something_) ASHLAR_TRY(writing_->file.commit());
  kept_something_ = something;
  kept_as_of_ = began_;
  writing_.reset();
  // So that the next is whole one interval after this one's beginning.
  const base::Mono now = clock_.mono();
  due_ = std::max(now, began_ + options_.interval - (now - began_));
  return base::ok_status();
}

base::Status StateSnapshot::abandoned(base::Status status) {
  writing_.reset();
  changed_ = true;
  due_ = clock_.mono() + options_.interval;
  return status;
}

}  // namespace ashlar::limits
