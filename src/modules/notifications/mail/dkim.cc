#include "modules/notifications/mail/dkim.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <climits>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "modules/notifications/mail/mail_address.h"
#include "modules/notifications/mail/mime_text.h"
#include "platform/security/digest.h"

namespace ashlar::notifications {
namespace {

using base::Code;
using base::fail;

constexpr int kLeastRsaBits = 1024;
constexpr int kMostRsaBits = 4096;
constexpr std::size_t kMaxKeyBytes = 16 * 1024;
constexpr std::size_t kSignatureLine = 72;

// All of these are named once more than they are there.
constexpr std::array<std::string_view, 16> kSigned = {"from",
                                                      "to",
                                                      "cc",
                                                      "reply-to",
                                                      "subject",
                                                      "date",
                                                      "message-id",
                                                      "in-reply-to",
                                                      "references",
                                                      "mime-version",
                                                      "content-type",
                                                      "content-transfer-encoding",
                                                      "sender",
                                                      "feedback-id",
                                                      "list-unsubscribe",
                                                      "list-unsubscribe-post"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view name_of_header(std::string_view header) {
  return base::trim_spaces(header.substr(0, header.find(':')));
}

int no_passphrase(char* /*to*/, int /*size*/, int /*writing*/, void* /*arg*/) { return 0; }

}  // namespace

struct DkimSigner::Key {
  EVP_PKEY* pkey = nullptr;
  bool rsa = false;

  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { EVP_PKEY_free(pkey); }

  [[nodiscard]] std::string sign(std::string_view text) const {
    // RFC 8463: Ed25519 signs the SHA-256 of what RSA would sign.
    const std::string digest = rsa ? std::string() : security::sha256(text);
    const std::string_view data = rsa ? text : digest;
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    CHECK(context != nullptr);
    const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
    std::size_t size = 0;
    std::string signature;
    const EVP_MD* const md = rsa ? EVP_sha256() : nullptr;
    bool done = EVP_DigestSignInit(context, nullptr, md, nullptr, pkey) == 1 &&
                EVP_DigestSign(context, nullptr, &size, bytes, data.size()) == 1;
    if (done) {
      signature.resize(size);
      done = EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                            bytes, data.size()) == 1;
    }
    EVP_MD_CTX_free(context);
    CHECK(done);  // make() has tried the key
    signature.resize(size);
    return signature;
  }
};

DkimSigner::DkimSigner(std::string domain, std::string selector, std::unique_ptr<Key> key)
    : domain_(std::move(domain)), selector_(std::move(selector)), key_(std::move(key)) {}
DkimSigner::~DkimSigner() = default;

base::Result<std::unique_ptr<DkimSigner>> DkimSigner::make(const DkimKey& key) {
  if (!is_mail_domain(key.domain)) {
    return fail(Code::kInvalid, "dkim_domain", "the DKIM domain is no domain name");
  }
  if (!is_mail_domain(key.selector)) {
    return fail(Code::kInvalid, "dkim_selector",
                "the DKIM selector holds other than letters, digits, hyphens and dots");
  }
  const auto wrong = [](const char* what) {
    ERR_clear_error();
    return fail(Code::kInvalid, "dkim_private_key", what);
  };
  if (key.private_key.size() > kMaxKeyBytes) return wrong("the DKIM key is larger than 16 KiB");
  BIO* bio = BIO_new_mem_buf(key.private_key.data(), static_cast<int>(key.private_key.size()));
  CHECK(bio != nullptr);
  auto parsed = std::make_unique<Key>();
  parsed->pkey = PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr);
  BIO_free(bio);
  if (parsed->pkey == nullptr) {
    return wrong("the DKIM key is no private key in PEM form without a passphrase");
  }
  const int type = EVP_PKEY_get_base_id(parsed->pkey);
  parsed->rsa = type == EVP_PKEY_RSA;
  if (!parsed->rsa && type != EVP_PKEY_ED25519) return wrong("the DKIM key is not RSA or Ed25519");
  const int bits = EVP_PKEY_get_bits(parsed->pkey);
  if (parsed->rsa && (bits < kLeastRsaBits || bits > kMostRsaBits)) {
    return wrong("an RSA key for DKIM has 1024 to 4096 bits, better 2048");
  }
  EVP_PKEY_CTX* check = EVP_PKEY_CTX_new(parsed->pkey, nullptr);
  const bool sound = check != nullptr && EVP_PKEY_pairwise_check(check) == 1;
  EVP_PKEY_CTX_free(check);
  if (parsed->rsa && !sound) return wrong("the DKIM key is damaged");
  ERR_clear_error();
  return std::unique_ptr<DkimSigner>(
      new DkimSigner(base::ascii_lower(key.domain), key.selector, std::move(parsed)));
}

std::string relaxed_header(std::string_view header) {
  const std::size_t colon = header.find(':');
  std::string out = base::ascii_lower(base::trim_spaces(header.substr(0, colon))) + ":";
  const std::size_t start = out.size();
  bool blank = false;
  for (const char c : header.substr(colon + 1)) {
    if (c == '\r' || c == '\n') continue;
    if (is_blank(c)) {
      blank = true;
      continue;
    }
    if (blank && out.size() > start) out += ' ';
    blank = false;
    out += c;
  }
  return out;
}

std::string relaxed_body(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  std::size_t kept = 0;  // of out: up to the end of the last line that is not empty
  while (!body.empty()) {
    const std::size_t end = body.find("\r\n");
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 2);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line.find_first_of("\t ") == std::string_view::npos) {
      out += line;
    } else {
      bool blank = false;
      for (const char c : line) {
        if (!is_blank(c)) {
          out += c;
        } else if (!blank) {
          out += ' ';
        }
        blank = is_blank(c);
      }
    }
    out += "\r\n";
    if (!line.empty()) kept = out.size();
  }
  out.resize(kept);
  return out;
}

std::string DkimSigner::sign(std::span<const std::string> headers, std::string_view body,
                             base::Time at) const {
  std::string hashed;
  std::string names;
  std::size_t column = 3;
  const auto add_name = [&](std::string_view name) {
    if (!names.empty()) names += ':';
    if (column + name.size() + 1 > kSignatureLine) {
      names += "\r\n  ";
      column = 2;
    }
    names += name;
    column += name.size() + 1;
  };
  for (const std::string_view name : kSigned) {
    for (const std::string& header : headers) {
      if (!base::ascii_iequals(name_of_header(header), name)) continue;
      hashed += relaxed_header(header) + "\r\n";
      add_name(name);
    }
    add_name(name);
  }
  const std::string digest = base64(security::sha256(relaxed_body(body)));
  std::string signature = std::string("DKIM-Signature: v=1; a=") +
                          (key_->rsa ? "rsa-sha256" : "ed25519-sha256") +
                          "; c=relaxed/relaxed;\r\n d=" + domain_ + "; s=" + selector_ +
                          ";\r\n t=" + std::to_string(base::to_unix_seconds(at)) +
                          ";\r\n h=" + names + ";\r\n bh=" + digest + ";\r\n b=";
  hashed += relaxed_header(signature);
  const std::string value = base64(key_->sign(hashed));
  for (std::size_t i = 0; i < value.size(); i += kSignatureLine) {
    if (i > 0) signature += "\r\n ";
    signature += value.substr(i, kSignatureLine);
  }
  return signature + "\r\n";
}

}  // namespace ashlar::notifications
