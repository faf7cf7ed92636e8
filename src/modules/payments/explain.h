// Explain: the whole story of one payment or payout: what was asked and told, every call of a
// provider, every journal of the ledger, in order of time, in words.
//
// Read in one transaction, so that the parts fit together.
// Errors beside storage's: kNotFound payment_not_found, payout_not_found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/json/schema.h"
#include "platform/storage/sql.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments {

// One thing that happened.
struct StoryLine {
  base::Time at{};
  // event: a change of the payment. call: of a provider. notice: told by a provider. journal: of
  // the ledger.
  std::string kind;
  std::string what;  // "payment.captured", "capture", "dispute_opened", "posted"
  std::string text;  // in words; amounts in decimals, "10.50 EUR"
  std::string id;    // of the event, the call's key, the notice, the transfer
  std::optional<std::string> request_id, idempotency_key;  // of events that a request caused
};

struct Story {
  std::string id;
  std::string state;
  std::string summary;
  std::vector<StoryLine> lines;
};

const json::Schema<Story>& story_schema();

// `id`: of a payment, of a part of one (ch_, cap_, re_, dp_), or of a payout.
base::Result<Story> story_of(storage::Transaction& tx, std::string_view id);

// As `ashlar payments explain` prints it, a line each.
std::string story_text(const Story& story);

}  // namespace ashlar::payments
