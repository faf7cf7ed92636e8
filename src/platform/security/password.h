// Passwords, as argon2id hashes in the PHC string format ("$argon2id$v=19$m=32768,t=3,p=1$…").
//
// Costly on purpose (about a tenth of a second and `memory_bytes` of memory at the default), so
// callers bound how many run at once (admin.h). Pure but for the salt; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/result.h"

namespace ashlar::security {

struct PasswordCost {
  unsigned long long operations = 3;
  std::size_t memory_bytes = 32 << 20;
};

inline constexpr std::size_t kMinPasswordChars = 10;
inline constexpr std::size_t kMaxPasswordChars = 256;

// kInvalid invalid_request with the field /password: too_short, too_long, bad_format (not UTF-8).
base::Status check_password_rules(std::string_view password);

// kInternal out_of_memory.
base::Result<std::string> hash_password(std::string_view password, const PasswordCost& cost,
                                        base::Entropy& entropy);
// Whether it is such a hash, of a cost that is borne: up to 64 MiB and 8 passes. What others give
// us is asked this before it is kept.
bool is_password_hash(std::string_view text);
// In constant time as far as the password goes. What is_password_hash() is not true of matches
// nothing, at once.
bool verify_password(const std::string& hash, std::string_view password);
// Whether `hash` was made with another cost.
bool needs_rehash(const std::string& hash, const PasswordCost& cost);

}  // namespace ashlar::security
