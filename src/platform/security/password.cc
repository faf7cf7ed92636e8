#include "platform/security/password.h"

#include <sodium.h>

#include <vector>

#include "base/text.h"
#include "platform/security/digest.h"

namespace ashlar::security {
namespace {

constexpr std::size_t kHashBytes = 32;

base::Error wrong_password_rule(const char* reason, std::string detail) {
  base::Error error =
      base::fail(base::Code::kInvalid, "invalid_request", "the password cannot be used");
  error.fields.push_back({"/password", reason, std::move(detail)});
  return error;
}

std::string phc_base64(const std::string& bytes) {
  std::vector<char> text(
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING));
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return text.data();
}

// What stands before the salt.
std::string phc_head(const PasswordCost& cost) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) +
         ",t=" + std::to_string(cost.operations) + ",p=1$";
}

}  // namespace

base::Status check_password_rules(std::string_view password) {
  if (!base::is_utf8(password))
    return wrong_password_rule("bad_format", "a password is UTF-8 text");
  const std::size_t length = base::utf8_length(password);
  if (length < kMinPasswordChars) {
    return wrong_password_rule("too_short", "a password has at least 10 characters");
  }
  if (length > kMaxPasswordChars) {
    return wrong_password_rule("too_long", "a password has at most 256 characters");
  }
  return base::ok_status();
}

// libsodium's own crypto_pwhash_str() would draw the salt from the kernel; ours comes from
// `entropy`, so that a test repeats. The text is the same.
base::Result<std::string> hash_password(std::string_view password, const PasswordCost& cost,
                                        base::Entropy& entropy) {
  const std::string salt = random_bytes(entropy, crypto_pwhash_SALTBYTES);
  std::string hash(kHashBytes, '\0');
  const int failed =
      crypto_pwhash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), password.data(),
                    password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                    cost.operations, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) {
    return base::fail(base::Code::kInternal, "out_of_memory", "no memory to hash a password with");
  }
  return phc_head(cost) + phc_base64(salt) + "$" + phc_base64(hash);
}

bool verify_password(const std::string& hash, std::string_view password) {
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const PasswordCost& cost) {
  return !hash.starts_with(phc_head(cost));
}

}  // namespace ashlar::security
