#include "platform/security/secret_box.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"
#include "platform/security/digest.h"

namespace ashlar::security {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

static_assert(SecretBox::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

SecretBox::SecretBox(std::string key, base::Entropy& entropy)
    : key_(std::move(key)), entropy_(entropy) {
  CHECK(key_.size() == kKeyBytes);
}

SecretBox::~SecretBox() { wipe(key_); }

std::string SecretBox::seal(std::string_view secret, std::string_view context) const {
  std::string sealed = random_bytes(entropy_, kNonceBytes);
  const std::string nonce = sealed;
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out(sealed) + kNonceBytes, nullptr, in(secret),
                                             secret.size(), in(context), context.size(), nullptr,
                                             in(nonce), in(key_));
  return sealed;
}

std::optional<std::string> SecretBox::open(std::string_view sealed,
                                           std::string_view context) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  std::string secret(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string_view text = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out(secret), nullptr, nullptr, in(text),
                                                 text.size(), in(context), context.size(),
                                                 in(sealed), in(key_)) != 0) {
    return std::nullopt;
  }
  return secret;
}

}  // namespace ashlar::security
