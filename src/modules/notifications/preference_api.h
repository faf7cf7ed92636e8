// PreferenceApi: the HTTP face of the hosted page and of one-click's end (preference_links.h says
// who may). A GET changes nothing, whatever follows links.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

enum class Said : std::uint8_t;  // preference_page.h

class PreferenceApi {
 public:
  // It outlives this.
  explicit PreferenceApi(const RecipientParts& parts) : parts_(parts) {}

  // `action`: where the page's form goes, as seen from the page.
  base::Result<http::Response> show(http::Call& call, std::string_view action) const;
  base::Result<http::Response> change(http::Call& call) const;
  base::Result<http::Response> unsubscribe(http::Call& call) const;

 private:
  struct Seen;
  base::Result<Seen> look(storage::Transaction& tx, const PreferenceSubject& subject) const;
  [[nodiscard]] http::Response page(const http::Call& call, const PreferenceSubject& subject,
                                    const Seen& seen, std::string_view action, Said said) const;
  base::Status end(storage::Transaction& tx, const PreferenceSubject& subject) const;
  base::Status end_address(storage::Transaction& tx, const PreferenceSubject& subject,
                           std::string_view category) const;

  const RecipientParts& parts_;
};

}  // namespace ashlar::notifications
