// Draft: what would become of a notification now: for each channel and address what the rules say.
// Planning writes it down; "why" shows it.
//
//   Drafter::draft(reads, notification) ── reads recipient, category, suppressions, what was sent
//                                       ── decide() for each channel (rules.h)
//
// Reads in the caller's transaction, for its tenant; writes nothing. Any thread.
//
// Errors: storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/rules.h"

namespace ashlar::storage {
class Transaction;
}
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

class DraftReads;

struct DraftDelivery {
  Channel channel = Channel::kEmail;
  Target target;
  Decision decision;
  std::string reason;       // of the decision; empty: it is sent
  std::string explanation;  // one sentence
  std::string user_id;      // whose wishes and caps it goes by: a device has its owner's; or empty
};

struct Draft {
  std::vector<DraftDelivery> deliveries;  // empty: no channel is left to try
  // It is gathered with others: none of the deliveries is made.
  struct Digest {
    std::string key;
    base::Time due_at{};
  };
  std::optional<Digest> digest;
};

// Which channels a template has something for: a bit for each Channel.
class TemplateParts {
 public:
  virtual ~TemplateParts() = default;
  virtual base::Result<std::uint8_t> channels_of(storage::Transaction& tx, std::string_view key,
                                                 std::int64_t version) = 0;
};

// Digest mails themselves are not gathered again.
inline constexpr base::Seconds kIsDigest{-1};

class Drafter {
 public:
  // Both outlive it.
  Drafter(zone::ZoneDirectory& zones, TemplateParts& templates)
      : zones_(zones), templates_(templates) {}

  base::Result<Draft> draft(DraftReads& reads, const Notification& n, base::Time now) const;
  // Of one that was put off: the same channel, the address of now.
  base::Result<DraftDelivery> again(DraftReads& reads, const Notification& n,
                                    const Delivery& deferred, base::Time now) const;
  // Whether its draft depends on what else was accepted: caps, digests.
  static base::Result<bool> looks_back(DraftReads& reads, const Notification& n);

 private:
  struct Facts;

  base::Status read_facts(DraftReads& reads, const Notification& n, base::Time now,
                          Facts& facts) const;
  base::Result<std::vector<Channel>> channels_for(storage::Transaction& tx, const Notification& n,
                                                  const Facts& facts) const;
  base::Result<std::vector<DraftDelivery>> drafts_of(DraftReads& reads, const Notification& n,
                                                     const Facts& facts, Channel channel) const;

  zone::ZoneDirectory& zones_;
  TemplateParts& templates_;
};

}  // namespace ashlar::notifications
