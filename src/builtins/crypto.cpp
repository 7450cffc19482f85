// Hashes and HMACs: the only file of this layer that sees OpenSSL. In: bytes; out: digests in hexadecimal.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <string_view>

#include "builtins/registry.hpp"

namespace psdl {
namespace {

// OpenSSL would read its configuration file on first use; nothing here may read files.
void prepare_library() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

Value hex_text(CallContext& context, const unsigned char* digest, unsigned size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  char* const out = static_cast<char*>(context.arena().allocate(std::size_t{size} * 2, 1));
  for (unsigned at = 0; at < size; ++at) {
    out[at * 2] = kDigits[digest[at] >> 4U];
    out[at * 2 + 1] = kDigits[digest[at] & 15U];
  }
  return Value::string({out, std::size_t{size} * 2});
}

template <const EVP_MD* (*Algorithm)()>
Value digest(CallContext& context, Args args) {
  prepare_library();
  const std::string_view text = args.string(0);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes, &size, Algorithm(), nullptr) != 1) return context.fail("this hash is not available");
  return hex_text(context, bytes, size);
}

template <const EVP_MD* (*Algorithm)()>
Value hmac(CallContext& context, Args args) {
  prepare_library();
  const std::string_view message = args.string(0);
  const std::string_view key = args.string(1);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  // An empty view may hold a null pointer, which HMAC() takes for "no key yet".
  const unsigned char* const made = HMAC(Algorithm(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
                                         reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes, &size);
  if (made == nullptr) return context.fail("this hash is not available");
  return hex_text(context, bytes, size);
}

// In a time that tells nothing of the contents, though it tells whether the lengths agree.
Value hmac_equal(CallContext&, Args args) {
  const std::string_view left = args.string(0);
  const std::string_view right = args.string(1);
  return Value::boolean(left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

constexpr Builtin kCryptoBuiltins[] = {
    {.name = "crypto.hmac.equal",
     .signature = signature("(mac1: string, mac2: string) -> boolean"),
     .doc = "Whether two MACs are equal, compared in constant time.",
     .example = R"(crypto.hmac.equal("a1b2", "a1b2"))",
     .fn = hmac_equal,
     .can_fail = false},
    {.name = "crypto.hmac.md5",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The MD5 HMAC of a message under a key, in hexadecimal.",
     .example = R"(crypto.hmac.md5("pod", "key") == "7085559849c7dd72607de1c373a1e97e")",
     .fn = hmac<EVP_md5>},
    {.name = "crypto.hmac.sha1",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-1 HMAC of a message under a key, in hexadecimal.",
     .example = R"(crypto.hmac.sha1("pod", "key") == "e34ef10d0db79087e7e3963c65e936a26be7c160")",
     .fn = hmac<EVP_sha1>},
    {.name = "crypto.hmac.sha256",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-256 HMAC of a message under a key, in hexadecimal.",
     .example = R"(crypto.hmac.sha256("pod", "key") == "aa7b0053f8bf6a83192120961e38f337fb16dcaa6d8fdc7fa95c1efb59d7956c")",
     .fn = hmac<EVP_sha256>},
    {.name = "crypto.hmac.sha512",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-512 HMAC of a message under a key, in hexadecimal.",
     .example = R"(startswith(crypto.hmac.sha512("pod", "key"), "be158907b2440a6a"))",
     .fn = hmac<EVP_sha512>},
    {.name = "crypto.md5",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's MD5 digest in hexadecimal. Not fit for secrets.",
     .example = R"(crypto.md5("pod") == "dcc0caa97588ee058c2fcd764e5f919b")",
     .fn = digest<EVP_md5>},
    {.name = "crypto.sha1",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's SHA-1 digest in hexadecimal. Not fit for secrets.",
     .example = R"(crypto.sha1("pod") == "91edd4009c4adeb5c0ce9d32973f2c49c012d1dd")",
     .fn = digest<EVP_sha1>},
    {.name = "crypto.sha256",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's SHA-256 digest in hexadecimal.",
     .example = R"(crypto.sha256("pod") == "425c89ed5bb78a7623fae60fd8a6f648488168740fe82cf6ad34caa4d07aa972")",
     .fn = digest<EVP_sha256>},
};

}  // namespace

std::span<const Builtin> crypto_builtins() { return kCryptoBuiltins; }

}  // namespace psdl
