// DkimSigner: the signature by which a receiver knows that a domain stands for a mail (RFC 6376),
// relaxed/relaxed, rsa-sha256 or ed25519-sha256 (RFC 8463) as the key is.
//
// Promises
//  1. What readers see or act on is signed and "over-signed": each such header is named once more
//     than it is there, so that none can be added on the way. List-Unsubscribe and
//     List-Unsubscribe-Post are among them, as RFC 8058 demands.
//  2. The same mail and time give the same signature: both algorithms are deterministic.
//  3. The key is read once, by make(). It appears in no error.
// Cost: an RSA signature of 2048 bits takes most of a millisecond of a core, an Ed25519 one some
// tens of microseconds; docs/notifications.md has what was measured.
//
// Any thread may sign, several at once.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::notifications {

struct DkimKey {
  std::string domain;       // d=
  std::string selector;     // s=: the key is published at <selector>._domainkey.<domain>
  std::string private_key;  // PEM: RSA of 1024 to 4096 bits, or Ed25519; not encrypted
};

class DkimSigner {
 public:
  // kInvalid dkim_domain, dkim_selector, dkim_private_key.
  static base::Result<std::unique_ptr<DkimSigner>> make(const DkimKey& key);
  ~DkimSigner();
  DkimSigner(const DkimSigner&) = delete;
  DkimSigner& operator=(const DkimSigner&) = delete;

  // "DKIM-Signature: …\r\n", to stand before the others. `headers`: "Name: value\r\n", each name
  // once. `body`: lines with CRLF, before dots are doubled.
  [[nodiscard]] std::string sign(std::span<const std::string> headers, std::string_view body,
                                 base::Time at) const;

 private:
  struct Key;
  DkimSigner(std::string domain, std::string selector, std::unique_ptr<Key> key);

  const std::string domain_;
  const std::string selector_;
  const std::unique_ptr<Key> key_;
};

// RFC 6376, section 3.4: what is hashed.
std::string relaxed_header(std::string_view header);  // without the CRLF at the end
std::string relaxed_body(std::string_view body);

}  // namespace ashlar::notifications
