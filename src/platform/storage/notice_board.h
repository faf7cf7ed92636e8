// NoticeBoard: who wants to hear about which channel. Both engines deliver through it.
//
// Thread-safe. Receivers run in the delivering thread, one at a time for the whole board, so that
// `resync` and the notices around it keep their order.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/storage/database.h"

namespace ashlar::storage {

struct OutgoingNotice {
  std::string channel;
  std::string payload;
};

// The limits of Transaction::notify: PostgreSQL takes 8,000 bytes, of which we need a few for the
// address.
inline constexpr std::size_t kMaxNoticeBytes = 4000;
inline constexpr std::size_t kMaxChannelBytes = 60;

// REQUIRES: within the limits; no ':' in the channel; the payload is UTF-8 without NUL bytes.
OutgoingNotice make_notice(std::string_view channel, std::string_view payload);

class NoticeBoard {
 public:
  void subscribe(std::string channel, std::function<void(const Database::Notice&)> receive);
  void deliver(std::string_view channel, std::string_view payload);
  void deliver_resync();

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::function<void(const Database::Notice&)>>, std::less<>>
      receivers_;  // guarded by mutex_
};

}  // namespace ashlar::storage
