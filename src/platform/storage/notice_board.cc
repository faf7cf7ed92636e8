#include "platform/storage/notice_board.h"

#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace ashlar::storage {

OutgoingNotice make_notice(std::string_view channel, std::string_view payload) {
  CHECK(channel.size() <= kMaxChannelBytes && channel.find(':') == std::string_view::npos);
  CHECK(payload.size() <= kMaxNoticeBytes);
  CHECK(payload.find('\0') == std::string_view::npos && base::is_utf8(payload));
  return {std::string(channel), std::string(payload)};
}

void NoticeBoard::subscribe(std::string channel,
                            std::function<void(const Database::Notice&)> receive) {
  const std::lock_guard lock(mutex_);
  receivers_[std::move(channel)].push_back(std::move(receive));
}

void NoticeBoard::deliver(std::string_view channel, std::string_view payload) {
  const std::lock_guard lock(mutex_);
  const auto found = receivers_.find(channel);
  if (found == receivers_.end()) return;
  for (const auto& receive : found->second) receive({.resync = false, .payload = payload});
}

void NoticeBoard::deliver_resync() {
  const std::lock_guard lock(mutex_);
  for (const auto& [channel, receivers] : receivers_) {
    for (const auto& receive : receivers) receive({.resync = true, .payload = {}});
  }
}

}  // namespace ashlar::storage
