// Hashes and HMACs: the only file of this layer that sees OpenSSL. In: bytes; out: digests in hexadecimal.
//
// The hash functions are called directly. EVP would look each of them up in a provider, and with it came most of libcrypto: 4 MB of
// program, and a hundred pages of tables to relocate at every start. OpenSSL 3 calls these functions deprecated; it still ships them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "builtins/registry.hpp"

namespace psdl {
namespace {

// One of OpenSSL's hash functions. They cannot fail: each returns 1 whatever it is given.
template <typename State, std::size_t DigestBytes, std::size_t BlockBytes, int (*Init)(State*),
          int (*Update)(State*, const void*, std::size_t), int (*Final)(unsigned char*, State*)>
class Hash {
 public:
  static constexpr std::size_t kDigestBytes = DigestBytes;
  static constexpr std::size_t kBlockBytes = BlockBytes;

  Hash() { Init(&state_); }
  void add(const void* bytes, std::size_t size) { Update(&state_, bytes, size); }
  void finish(unsigned char* digest) { Final(digest, &state_); }

 private:
  State state_;
};

using Md5 = Hash<MD5_CTX, MD5_DIGEST_LENGTH, MD5_CBLOCK, MD5_Init, MD5_Update, MD5_Final>;
using Sha1 = Hash<SHA_CTX, SHA_DIGEST_LENGTH, SHA_CBLOCK, SHA1_Init, SHA1_Update, SHA1_Final>;
using Sha256 = Hash<SHA256_CTX, SHA256_DIGEST_LENGTH, SHA256_CBLOCK, SHA256_Init, SHA256_Update, SHA256_Final>;
using Sha512 = Hash<SHA512_CTX, SHA512_DIGEST_LENGTH, SHA512_CBLOCK, SHA512_Init, SHA512_Update, SHA512_Final>;

Value hex_text(CallContext& context, std::span<const unsigned char> digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  char* const out = static_cast<char*>(context.arena().allocate(digest.size() * 2, 1));
  for (std::size_t at = 0; at < digest.size(); ++at) {
    out[at * 2] = kDigits[digest[at] >> 4U];
    out[at * 2 + 1] = kDigits[digest[at] & 15U];
  }
  return Value::string({out, digest.size() * 2});
}

template <typename Function>
Value digest(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  unsigned char bytes[Function::kDigestBytes];
  Function hash;
  hash.add(text.data(), text.size());
  hash.finish(bytes);
  return hex_text(context, bytes);
}

// RFC 2104: H(key ^ opad, H(key ^ ipad, message)), a key longer than a block being hashed first.
template <typename Function>
Value hmac(CallContext& context, Args args) {
  const std::string_view message = args.string(0);
  const std::string_view key = args.string(1);
  unsigned char pad[Function::kBlockBytes] = {};
  if (key.size() > sizeof pad) {
    Function hash;
    hash.add(key.data(), key.size());
    hash.finish(pad);
  } else {
    std::copy(key.begin(), key.end(), pad);
  }
  unsigned char bytes[Function::kDigestBytes];
  for (unsigned char& byte : pad) byte ^= 0x36U;
  Function inner;
  inner.add(pad, sizeof pad);
  inner.add(message.data(), message.size());
  inner.finish(bytes);
  for (unsigned char& byte : pad) byte ^= 0x36U ^ 0x5CU;
  Function outer;
  outer.add(pad, sizeof pad);
  outer.add(bytes, sizeof bytes);
  outer.finish(bytes);
  return hex_text(context, bytes);
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
     .fn = hmac<Md5>},
    {.name = "crypto.hmac.sha1",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-1 HMAC of a message under a key, in hexadecimal.",
     .example = R"(crypto.hmac.sha1("pod", "key") == "e34ef10d0db79087e7e3963c65e936a26be7c160")",
     .fn = hmac<Sha1>},
    {.name = "crypto.hmac.sha256",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-256 HMAC of a message under a key, in hexadecimal.",
     .example = R"(crypto.hmac.sha256("pod", "key") == "aa7b0053f8bf6a83192120961e38f337fb16dcaa6d8fdc7fa95c1efb59d7956c")",
     .fn = hmac<Sha256>},
    {.name = "crypto.hmac.sha512",
     .signature = signature("(x: string, key: string) -> string"),
     .doc = "The SHA-512 HMAC of a message under a key, in hexadecimal.",
     .example = R"(startswith(crypto.hmac.sha512("pod", "key"), "be158907b2440a6a"))",
     .fn = hmac<Sha512>},
    {.name = "crypto.md5",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's MD5 digest in hexadecimal. Not fit for secrets.",
     .example = R"(crypto.md5("pod") == "dcc0caa97588ee058c2fcd764e5f919b")",
     .fn = digest<Md5>},
    {.name = "crypto.sha1",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's SHA-1 digest in hexadecimal. Not fit for secrets.",
     .example = R"(crypto.sha1("pod") == "91edd4009c4adeb5c0ce9d32973f2c49c012d1dd")",
     .fn = digest<Sha1>},
    {.name = "crypto.sha256",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's SHA-256 digest in hexadecimal.",
     .example = R"(crypto.sha256("pod") == "425c89ed5bb78a7623fae60fd8a6f648488168740fe82cf6ad34caa4d07aa972")",
     .fn = digest<Sha256>},
};

}  // namespace

std::span<const Builtin> crypto_builtins() { return kCryptoBuiltins; }

}  // namespace psdl
