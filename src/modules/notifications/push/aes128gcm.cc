#include "modules/notifications/push/aes128gcm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "modules/notifications/push/p256.h"

namespace ashlar::notifications {
namespace {

constexpr std::uint32_t kRecordBytes = 4096;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kNonceBytes = 12;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(std::string_view key, std::string_view message) {
  std::string digest(32, '\0');
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message),
             message.size(), bytes_of(digest), &size) != nullptr);
  return digest;
}

// HKDF (RFC 5869) of at most one block.
std::string hkdf(std::string_view salt, std::string_view secret, std::string info,
                 std::size_t size) {
  info += '\x01';
  return hmac(hmac(salt, secret), info).substr(0, size);
}

void seal(std::string_view key, std::string_view nonce, std::string_view plain, std::string& out) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const std::size_t before = out.size();
  out.resize(before + plain.size() + kTagBytes);
  int written = 0;
  int last = 0;
  unsigned char* to = bytes_of(out) + before;
  const bool ok =
      EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) ==
          1 &&
      EVP_EncryptUpdate(context, to, &written, bytes_of(plain), static_cast<int>(plain.size())) ==
          1 &&
      EVP_EncryptFinal_ex(context, to + written, &last) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes, to + plain.size()) == 1;
  EVP_CIPHER_CTX_free(context);
  CHECK(ok && static_cast<std::size_t>(written) == plain.size());
}

}  // namespace

std::optional<std::string> encrypt_push(std::string_view plain, const BrowserKeys& browser,
                                        const PushSecrets& secrets, std::size_t pad_to) {
  CHECK(plain.size() <= kMaxPushPlainBytes && secrets.salt.size() == kPushSaltBytes);
  if (browser.auth.size() != kPushAuthBytes) return std::nullopt;
  const std::optional<std::string> shared = secrets.key.agree(browser.p256dh);
  if (!shared) return std::nullopt;
  const std::string ours = secrets.key.public_bytes();

  using std::string_literals::operator""s;
  const std::string secret =
      hkdf(browser.auth, *shared, "WebPush: info\0"s + browser.p256dh + ours, 32);
  const std::string key = hkdf(secrets.salt, secret, "Content-Encoding: aes128gcm\0"s, kKeyBytes);
  const std::string nonce = hkdf(secrets.salt, secret, "Content-Encoding: nonce\0"s, kNonceBytes);

  std::string padded(plain);
  padded += '\x02';
  const std::size_t whole = std::min(pad_to, kMaxPushPlainBytes) + 1;
  if (padded.size() < whole) padded.resize(whole, '\0');

  std::string out(secrets.salt);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(kRecordBytes >> shift & 0xff);
  }
  out += static_cast<char>(ours.size());
  out += ours;
  seal(key, nonce, padded, out);
  return out;
}

}  // namespace ashlar::notifications
