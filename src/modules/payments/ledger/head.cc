#include "modules/payments/ledger/head.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"
#include "platform/security/digest.h"

namespace ashlar::ledger {
namespace {

static_assert(HeadSigner::kSeedBytes == crypto_sign_SEEDBYTES);
static_assert(HeadSigner::kPublicKeyBytes == crypto_sign_PUBLICKEYBYTES);
static_assert(HeadSigner::kSignatureBytes == crypto_sign_BYTES);

constexpr std::string_view kAlgorithm = "ed25519";

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// As text; what it means is checked by parse_head().
struct HeadText {
  base::TenantId tenant;
  std::int64_t seq = 0, transfers = 0;
  base::Time at{};
  std::string hash, algorithm, public_key, signature;
};

const json::Schema<HeadText>& head_text_schema() {
  static const auto kSchema = json::Schema<HeadText>("LedgerHeadFile", "A head of a book.")
                                  .required("tenant", &HeadText::tenant)
                                  .required("seq", &HeadText::seq, {.min = 0})
                                  .required("transfers", &HeadText::transfers, {.min = 0})
                                  .required("at", &HeadText::at)
                                  .required("hash", &HeadText::hash)
                                  .required("algorithm", &HeadText::algorithm)
                                  .required("public_key", &HeadText::public_key)
                                  .required("signature", &HeadText::signature);
  return kSchema;
}

base::Error malformed(std::string detail) {
  return base::fail(base::Code::kInvalid, "head_malformed", std::move(detail));
}

}  // namespace

std::string signed_text(const Head& head) {
  std::string text = "ashlar ledger head 1\n";
  for (const std::int64_t number :
       {head.tenant.value, head.seq, head.transfers, base::to_micros(head.at)}) {
    text += std::to_string(number);
    text += '\n';
  }
  return text + base::hex_encode(head.hash) + "\n";
}

bool is_signed(const Head& head, std::string_view signature, std::string_view public_key) {
  if (signature.size() != HeadSigner::kSignatureBytes ||
      public_key.size() != HeadSigner::kPublicKeyBytes) {
    return false;
  }
  const std::string text = signed_text(head);
  return crypto_sign_verify_detached(bytes_of(signature), bytes_of(std::string_view(text)),
                                     text.size(), bytes_of(public_key)) == 0;
}

HeadSigner::HeadSigner(std::string_view seed)
    : secret_key_(crypto_sign_SECRETKEYBYTES, '\0'), public_key_(kPublicKeyBytes, '\0') {
  CHECK(seed.size() == kSeedBytes);
  crypto_sign_seed_keypair(bytes_of(public_key_), bytes_of(secret_key_), bytes_of(seed));
}

HeadSigner::~HeadSigner() { security::wipe(secret_key_); }

std::string HeadSigner::sign(const Head& head) const {
  const std::string text = signed_text(head);
  std::string signature(kSignatureBytes, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(std::string_view(text)), text.size(),
                       bytes_of(std::string_view(secret_key_)));
  return signature;
}

std::string to_json(const SignedHead& signed_head) {
  const Head& head = signed_head.head;
  std::string text;
  json::Writer json(text);
  json.begin_object().key("tenant").string(head.tenant.to_string());
  json.key("seq").integer(head.seq).key("transfers").integer(head.transfers);
  json.key("at").string(base::format_rfc3339(head.at));
  json.key("hash").string(base::hex_encode(head.hash)).key("algorithm").string(kAlgorithm);
  json.key("public_key").string(base::base64url_encode(signed_head.public_key));
  json.key("signature").string(base::base64url_encode(signed_head.signature)).end_object();
  return text;
}

base::Result<SignedHead> parse_head(std::string_view json) {
  base::Result<HeadText> parsed = head_text_schema().parse_body(json);
  if (!parsed.ok()) {
    const base::Error& error = parsed.error();
    return malformed("this is no head of a book: " +
                     (error.fields.empty()
                          ? error.detail
                          : error.fields.front().field + " " + error.fields.front().detail));
  }
  const HeadText& given = *parsed;
  const auto hash = base::hex_decode(given.hash);
  const auto public_key = base::base64url_decode(given.public_key);
  const auto signature = base::base64url_decode(given.signature);
  if (given.algorithm != kAlgorithm) return malformed("the head's algorithm is not ed25519");
  if (!hash || hash->size() != security::kSha256Bytes) return malformed("the hash is none");
  if (!public_key || public_key->size() != HeadSigner::kPublicKeyBytes) {
    return malformed("the public key is none");
  }
  if (!signature || signature->size() != HeadSigner::kSignatureBytes) {
    return malformed("the signature is none");
  }
  return SignedHead{
      {given.tenant, given.seq, given.transfers, given.at, *hash}, *signature, *public_key};
}

}  // namespace ashlar::ledger
