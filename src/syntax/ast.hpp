// The tree of a policy. In: the parser's actions and the compiler's rewriting; out: nodes that every later stage reads and edits in place.
//
// Nodes live in the arena of their `Module` (or `Query`), point at each other freely, and are never freed one by one. The shapes are OPA's
// (a term holds a value, an expression is a term, a call or a statement), so that the compiler's stages can be compared with OPA's
// one by one. Text (names, strings, number literals) is copied into the arena: a tree outlives its source text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/arena.hpp"
#include "base/assert.hpp"
#include "base/source.hpp"

namespace psdl::ast {

// A list that grows inside an arena. Copying makes a new list of the same elements (pointers are copied, nodes are shared);
// nothing is ever destroyed. A list made without an arena must be given one with `use()` before it grows.
template <class T>
class List {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  List() = default;
  explicit List(Arena& arena) : arena_(&arena) {}
  List(Arena& arena, std::initializer_list<T> items) : arena_(&arena) { append(items.begin(), items.end()); }
  List(Arena& arena, std::span<const T> items) : arena_(&arena) { append(items.data(), items.data() + items.size()); }
  List(const List& other) : arena_(other.arena_) { append(other.begin(), other.end()); }
  List(List&& other) noexcept
      : arena_(other.arena_), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), capacity_(std::exchange(other.capacity_, 0)) {}
  List& operator=(const List& other) {
    if (this == &other) return *this;
    if (arena_ == nullptr) arena_ = other.arena_;
    size_ = 0;
    append(other.begin(), other.end());
    return *this;
  }
  List& operator=(List&& other) noexcept {
    if (this == &other) return *this;
    arena_ = other.arena_ != nullptr ? other.arena_ : arena_;
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~List() = default;

  void use(Arena& arena) { arena_ = &arena; }
  [[nodiscard]] Arena* arena() const { return arena_; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T& operator[](std::size_t at) {
    PSDL_ASSERT(at < size_);
    return data_[at];
  }
  [[nodiscard]] const T& operator[](std::size_t at) const {
    PSDL_ASSERT(at < size_);
    return data_[at];
  }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }
  [[nodiscard]] T* begin() { return data_; }
  [[nodiscard]] T* end() { return data_ + size_; }
  [[nodiscard]] const T* begin() const { return data_; }
  [[nodiscard]] const T* end() const { return data_ + size_; }
  [[nodiscard]] std::span<T> items() { return {data_, size_}; }
  [[nodiscard]] std::span<const T> items() const { return {data_, size_}; }
  // The elements [from, from + count), borrowed.
  [[nodiscard]] std::span<const T> slice(std::size_t from, std::size_t count = SIZE_MAX) const {
    from = std::min<std::size_t>(from, size_);
    return items().subspan(from, std::min<std::size_t>(count, size_ - from));
  }

  void push_back(T item) {
    if (size_ == capacity_) grow(size_ + 1);
    data_[size_++] = item;
  }
  void pop_back() {
    PSDL_ASSERT(size_ > 0);
    --size_;
  }
  void insert(std::size_t at, T item) {
    PSDL_ASSERT(at <= size_);
    push_back(item);
    for (std::size_t i = size_ - 1; i > at; --i) data_[i] = data_[i - 1];
    data_[at] = item;
  }
  void erase(std::size_t at) {
    PSDL_ASSERT(at < size_);
    for (std::size_t i = at + 1; i < size_; ++i) data_[i - 1] = data_[i];
    --size_;
  }
  void truncate(std::size_t size) {
    PSDL_ASSERT(size <= size_);
    size_ = static_cast<std::uint32_t>(size);
  }
  void clear() { size_ = 0; }
  // The source may be a part of this very list.
  void append(const T* first, const T* last) {
    const auto count = static_cast<std::size_t>(last - first);
    if (count == 0) return;
    if (size_ + count > capacity_) grow(size_ + count);  // the old block stays readable: arenas free nothing
    std::memmove(static_cast<void*>(data_ + size_), first, count * sizeof(T));
    size_ += static_cast<std::uint32_t>(count);
  }
  void append(std::span<const T> more) { append(more.data(), more.data() + more.size()); }

 private:
  void grow(std::size_t wanted) {
    PSDL_ASSERT(arena_ != nullptr);
    const std::size_t capacity = std::max<std::size_t>({wanted, std::size_t{2} * capacity_, 2});
    T* data = arena_->allocate_array<T>(capacity);
    if (size_ > 0) std::memcpy(static_cast<void*>(data), data_, size_ * sizeof(T));
    data_ = data;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }

  Arena* arena_ = nullptr;
  T* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

struct Term;
struct Expr;
struct With;
struct Rule;
struct Package;

using Terms = List<Term*>;
using Args = List<Term*>;
using Body = List<Expr*>;

// ---------------------------------------------------------------------------------------------------------------------------
// Values of terms.

struct Null {};
struct Boolean {
  bool value = false;
};
// The literal's own text: `1e3` stays `1e3`. A JSON number, but that it may begin with its point (`.5`, `-.5`).
struct Number {
  std::string_view text;
};
// The characters after escapes were resolved, UTF-8. `raw` is only how it was written: the printer does not care.
struct String {
  std::string_view text;
};
// `_` is made unique by the parser: `$0`, `$1`, ..; the compiler's own are `__local0__`, ..
struct Var {
  std::string_view name;
};
// head (a var, or any term for `[1, 2][0]` and `f(x).y`), then one term for each `.name` (a string) or `[term]`.
struct Ref : Terms {
  using Terms::Terms;
};
struct Array : Terms {
  using Terms::Terms;
};
// Sorted and without duplicates when made by `Nodes::set`; call it again after members were rewritten.
struct Set : Terms {
  using Terms::Terms;
};
// operator (a ref), then the operands.
struct Call : Terms {
  using Terms::Terms;
};
struct Pair {
  Term* key = nullptr;
  Term* value = nullptr;
};
// Sorted by key; of equal keys the last value stays. Made by `Nodes::object`; call it again after keys were rewritten.
struct Object : List<Pair> {
  using List<Pair>::List;
};
struct ArrayComprehension {
  Term* term = nullptr;
  Body body;
};
struct SetComprehension {
  Term* term = nullptr;
  Body body;
};
struct ObjectComprehension {
  Term* key = nullptr;
  Term* value = nullptr;
  Body body;
};
// Parts are strings (text between the braces, escapes resolved) and expressions, in order of the text.
using TemplatePart = std::variant<Term*, Expr*>;
struct TemplateString {
  List<TemplatePart> parts;
  bool multi_line = false;  // written with backquotes
};

// The order of alternatives is OPA's order of types.
using Value = std::variant<Null, Boolean, Number, String, TemplateString, Var, Ref, Array, Object, Set, ArrayComprehension, ObjectComprehension,
                           SetComprehension, Call>;

struct Term {
  Value value;
  Span span;

  template <class T>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<T>(value);
  }
  // Null where the term holds something else.
  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&value);
  }
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value);
  }
};

// ---------------------------------------------------------------------------------------------------------------------------
// Expressions (literals of a body).

// `some x, y` (symbols are vars) or `some x in xs` (one symbol: a call of internal.member_2 or internal.member_3).
struct SomeDecl {
  Terms symbols;
  Span span;
};
struct Every {
  Term* key = nullptr;  // null in `every v in xs`
  Term* value = nullptr;
  Term* domain = nullptr;
  Body body;
  Span span;
};
// The improved `not`, and `not { .. }`.
struct Not {
  Body body;
  bool explicit_body = false;
  Span span;
};
struct LogicalAnd {
  Body lhs;
  Body rhs;
  bool explicit_lhs = false;
  bool explicit_rhs = false;
  Span span;
};
struct LogicalOr {
  Body lhs;
  Body rhs;
  bool explicit_lhs = false;
  bool explicit_rhs = false;
  Span span;
};
struct With {
  Term* target = nullptr;
  Term* value = nullptr;
  Span span;
};

// A call statement: operator (a ref term), then the operands.
struct CallTerms : Terms {
  using Terms::Terms;
};

struct Expr {
  using Content = std::variant<Term*, CallTerms, SomeDecl*, Every*, Not*, LogicalAnd*, LogicalOr*>;

  Content content;
  List<With*> with;
  std::uint32_t index = 0;        // its place in its body
  bool negated = false;           // the old `not`
  bool generated = false;
  bool from_assignment = false;   // an `=` that was `:=`
  Span span;
  Expr* generated_from = nullptr;
  List<Expr*> generates;

  template <class T>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<T>(content);
  }
  [[nodiscard]] Term* term() const {
    Term* const* held = std::get_if<Term*>(&content);
    return held != nullptr ? *held : nullptr;
  }
  [[nodiscard]] CallTerms* call() { return std::get_if<CallTerms>(&content); }
  [[nodiscard]] const CallTerms* call() const { return std::get_if<CallTerms>(&content); }
  // The node of a statement (`as<Every>()`), or null.
  template <class T>
  [[nodiscard]] T* as() const {
    T* const* held = std::get_if<T*>(&content);
    return held != nullptr ? *held : nullptr;
  }
  [[nodiscard]] bool is_negated() const { return negated || is<Not*>(); }
  // The operator of a call as a ref; null where this is no call or its operator is no ref.
  [[nodiscard]] const Ref* operator_ref() const;
  // Operand from 0; null where there is none.
  [[nodiscard]] Term* operand(std::size_t at) const;
  // Whether this calls the unqualified builtin: `eq`, `assign`, ..
  [[nodiscard]] bool calls(std::string_view builtin) const;
  [[nodiscard]] bool is_equality() const { return calls("eq"); }
  [[nodiscard]] bool is_assignment() const { return calls("assign"); }
};

// ---------------------------------------------------------------------------------------------------------------------------
// Modules.

enum class RegoVersion : std::uint8_t { V0, V0CompatV1, V1, V2 };

struct Comment {
  std::string_view text;  // without `#`
  Span span;
};

struct SchemaAnnotation {
  Ref path;
  Ref schema;                  // empty where a definition was given
  Term* definition = nullptr;  // ground
};
struct CompileAnnotation {
  List<Ref*> unknowns;
  Ref mask_rule;  // empty where there is none
};
struct AuthorAnnotation {
  std::string_view name;
  std::string_view email;
};
struct RelatedResource {
  std::string_view ref;
  std::string_view description;
};

enum class AnnotationScope : std::uint8_t { Package, Subpackages, Document, Rule };
[[nodiscard]] std::string_view scope_name(AnnotationScope scope);

struct Annotations {
  AnnotationScope scope = AnnotationScope::Rule;
  std::string_view scope_text;  // as written; empty where it was not
  std::string_view title;
  bool entrypoint = false;
  std::string_view description;
  List<std::string_view> organizations;
  List<RelatedResource> related_resources;
  List<AuthorAnnotation> authors;
  List<SchemaAnnotation*> schemas;
  CompileAnnotation* compile = nullptr;
  Term* custom = nullptr;  // a ground object, or null
  Term* labels = nullptr;  // a ground object, or null
  Span span;               // from the `# METADATA` line
  Span end_span;           // its last comment line
  Rule* rule = nullptr;    // the node it is attached to: a rule ..
  Package* package = nullptr;  // .. or the package
};

struct Package {
  Terms path;  // a ref: var data, then strings
  Span span;
  [[nodiscard]] const Terms& ref() const { return path; }
};

struct Import {
  Term* path = nullptr;   // a ref
  std::string_view alias; // empty where there is none
  Span span;
  Span alias_span;

  // The name it is known under: its alias or the last part of its path.
  [[nodiscard]] std::string_view name() const;
};

struct Head {
  std::string_view name;  // set for heads of one name, and in v0 for partial ones; empty for longer refs
  Ref reference;          // never empty
  Args args;
  Term* key = nullptr;    // of a partial set (`p contains key`) or, for one-name heads, of a partial object
  Term* value = nullptr;  // never null for single-value rules (`true` where none was written)
  bool assign = false;    // `:=`
  bool generated_value = false;  // nothing was written after the head
  bool has_if = false;           // the keywords of v1 as they were written
  bool has_contains = false;
  Span span;

  [[nodiscard]] bool is_multi_value() const { return value == nullptr && key != nullptr; }
  [[nodiscard]] bool has_dynamic_ref() const;
};

struct Module;

struct Rule {
  bool is_default = false;
  bool generated_body = false;  // no body was written
  Head* head = nullptr;
  Body body;
  Rule* else_rule = nullptr;
  List<Annotations*> annotations;
  Module* module = nullptr;
  Span span;

  [[nodiscard]] bool is_function() const { return !head->args.empty(); }
};

// ---------------------------------------------------------------------------------------------------------------------------
// Making nodes.

// The factories: every node and list they make lives in one arena.
class Nodes {
 public:
  explicit Nodes(Arena& arena) : arena_(&arena) {}
  [[nodiscard]] Arena& arena() const { return *arena_; }
  [[nodiscard]] std::string_view text(std::string_view characters) const { return arena_->copy(characters); }

  [[nodiscard]] Term* term(Value value, Span span) const;
  [[nodiscard]] Term* null(Span span) const { return term(Null{}, span); }
  [[nodiscard]] Term* boolean(bool value, Span span) const { return term(Boolean{value}, span); }
  // These copy their text into the arena.
  [[nodiscard]] Term* number(std::string_view literal, Span span) const { return term(Number{text(literal)}, span); }
  [[nodiscard]] Term* number(std::int64_t value, Span span) const;
  [[nodiscard]] Term* string(std::string_view characters, Span span) const { return term(String{text(characters)}, span); }
  [[nodiscard]] Term* var(std::string_view name, Span span) const { return term(Var{text(name)}, span); }
  [[nodiscard]] Term* ref(std::span<Term* const> terms, Span span) const;
  [[nodiscard]] Term* ref(std::initializer_list<Term*> terms, Span span) const { return ref(std::span<Term* const>(terms.begin(), terms.size()), span); }
  // A ref of one var: what a builtin's operator looks like. `glob.match` becomes a ref of a var and a string.
  [[nodiscard]] Term* operator_ref(std::string_view dotted_name, Span span) const;
  [[nodiscard]] Term* array(std::span<Term* const> terms, Span span) const;
  [[nodiscard]] Term* set(std::span<Term* const> terms, Span span) const;
  [[nodiscard]] Term* object(std::span<const Pair> pairs, Span span) const;
  [[nodiscard]] Term* call(std::span<Term* const> operator_and_operands, Span span) const;
  [[nodiscard]] Term* call(std::initializer_list<Term*> terms, Span span) const { return call(std::span<Term* const>(terms.begin(), terms.size()), span); }
  [[nodiscard]] Term* array_comprehension(Term* head, const Body& body, Span span) const;
  [[nodiscard]] Term* set_comprehension(Term* head, const Body& body, Span span) const;
  [[nodiscard]] Term* object_comprehension(Term* key, Term* value, const Body& body, Span span) const;

  [[nodiscard]] Expr* expr(Term* term, Span span) const;
  [[nodiscard]] Expr* call_expr(std::span<Term* const> operator_and_operands, Span span) const;
  [[nodiscard]] Expr* call_expr(std::initializer_list<Term*> terms, Span span) const {
    return call_expr(std::span<Term* const>(terms.begin(), terms.size()), span);
  }
  // An expression without content yet: it must be given some.
  [[nodiscard]] Expr* blank_expr(Span span) const;
  template <class T>  // SomeDecl, Every, Not, LogicalAnd, LogicalOr
  [[nodiscard]] Expr* statement(T* node, Span span) const {
    Expr* made = blank_expr(span);
    made->content = node;
    return made;
  }
  // `left = right`, `left := right`.
  [[nodiscard]] Expr* equality(Term* left, Term* right, Span span) const;
  [[nodiscard]] Expr* assignment(Term* left, Term* right, Span span) const;

  [[nodiscard]] SomeDecl* some_decl(std::span<Term* const> symbols, Span span) const;
  [[nodiscard]] Every* every(Term* key, Term* value, Term* domain, const Body& body, Span span) const;
  [[nodiscard]] Not* negation(const Body& body, bool explicit_body, Span span) const;
  [[nodiscard]] LogicalAnd* logical_and(const Body& lhs, const Body& rhs, Span span) const;
  [[nodiscard]] LogicalOr* logical_or(const Body& lhs, const Body& rhs, Span span) const;
  [[nodiscard]] With* with(Term* target, Term* value, Span span) const;
  // Sets the index of each expression.
  [[nodiscard]] Body body(std::span<Expr* const> exprs) const;
  [[nodiscard]] Body body(std::initializer_list<Expr*> exprs) const { return body(std::span<Expr* const>(exprs.begin(), exprs.size())); }
  [[nodiscard]] Terms terms() const { return Terms(*arena_); }

  [[nodiscard]] Head* head(std::string_view name, Span span) const;                  // one name
  [[nodiscard]] Head* head(std::span<Term* const> reference, Span span) const;
  [[nodiscard]] Rule* rule(Head* head, const Body& body, Span span) const;
  [[nodiscard]] Import* import(Term* path, std::string_view alias, Span span) const;
  [[nodiscard]] Package* package(std::span<Term* const> path, Span span) const;
  [[nodiscard]] Annotations* annotations(Span span) const;

  // Deep copies: every node below is new, text is shared. `like` may live in another arena only while that one lives.
  [[nodiscard]] Term* copy(const Term* like) const;
  [[nodiscard]] Expr* copy(const Expr* like) const;
  [[nodiscard]] With* copy(const With* like) const;
  [[nodiscard]] SomeDecl* copy(const SomeDecl* like) const;
  [[nodiscard]] Every* copy(const Every* like) const;
  [[nodiscard]] Not* copy(const Not* like) const;
  [[nodiscard]] LogicalAnd* copy(const LogicalAnd* like) const;
  [[nodiscard]] LogicalOr* copy(const LogicalOr* like) const;
  [[nodiscard]] Head* copy(const Head* like) const;
  [[nodiscard]] Rule* copy(const Rule* like) const;  // annotations are shared
  [[nodiscard]] Body copy(const Body& like) const;
  [[nodiscard]] Terms copy(const Terms& like) const;
  [[nodiscard]] Value copy(const Value& like) const;

 private:
  // A node with its lists bound to the arena.
  template <class T, class... A>
  [[nodiscard]] T* make(A&&... arguments) const {
    return arena_->make<T>(static_cast<A&&>(arguments)...);
  }

  Arena* arena_;
};

// A parsed module. It owns the arena of its nodes; text of other lifetimes is copied in.
struct Module {
  Module() : imports(arena), rules(arena), comments(arena), annotations(arena), nodes(arena) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module(Module&&) = delete;
  Module& operator=(Module&&) = delete;
  ~Module() = default;

  Arena arena;
  Package* package = nullptr;
  List<Import*> imports;
  List<Rule*> rules;
  List<Comment*> comments;
  List<Annotations*> annotations;
  RegoVersion version = RegoVersion::V1;       // it was parsed as this ..
  RegoVersion max_version = RegoVersion::V1;   // .. and its imports raise it to this
  // What its imports (or its name) turned on.
  bool has_rego_v1_import = false;
  bool has_improved_not = false;
  std::uint32_t wildcard_count = 0;  // `$0` .. `$n-1` are taken
  Nodes nodes;
};

// A parsed query, or a term by itself (`body` is then one expression).
struct Query {
  Query() : body(arena), nodes(arena) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query(Query&&) = delete;
  Query& operator=(Query&&) = delete;
  ~Query() = default;

  Arena arena;
  Body body;
  std::uint32_t wildcard_count = 0;
  Nodes nodes;
};

// ---------------------------------------------------------------------------------------------------------------------------
// Order, equality, hashing (places are ignored).

// Negative, zero or positive, as OPA's Compare. Null pointers come first.
[[nodiscard]] int compare(const Term* a, const Term* b);
[[nodiscard]] int compare(const Value& a, const Value& b);
[[nodiscard]] int compare(const Terms& a, const Terms& b);
[[nodiscard]] int compare(const Expr* a, const Expr* b);
[[nodiscard]] int compare(const Body& a, const Body& b);
[[nodiscard]] int compare(const With* a, const With* b);
[[nodiscard]] int compare(const Head* a, const Head* b);
[[nodiscard]] int compare(const Rule* a, const Rule* b);
[[nodiscard]] int compare_number_texts(std::string_view a, std::string_view b);
[[nodiscard]] inline bool equal(const Term* a, const Term* b) { return a == b || compare(a, b) == 0; }
[[nodiscard]] inline bool equal(const Value& a, const Value& b) { return compare(a, b) == 0; }
[[nodiscard]] inline bool equal(const Terms& a, const Terms& b) { return compare(a, b) == 0; }
[[nodiscard]] inline bool equal(const Expr* a, const Expr* b) { return a == b || compare(a, b) == 0; }
[[nodiscard]] inline bool equal(const Body& a, const Body& b) { return compare(a, b) == 0; }
// Equal terms have equal hashes (numbers by value).
[[nodiscard]] std::uint64_t hash(const Term* term);
[[nodiscard]] std::uint64_t hash(const Terms& terms);

// ---------------------------------------------------------------------------------------------------------------------------
// Questions.

[[nodiscard]] inline bool is_wildcard(std::string_view var) { return var.starts_with('$'); }
[[nodiscard]] inline bool is_generated(std::string_view var) { return var.starts_with("__local"); }
[[nodiscard]] bool is_scalar(const Term* term);         // null, boolean, number, string
[[nodiscard]] bool is_comprehension(const Term* term);
[[nodiscard]] bool is_constant(const Term* term);       // no var, ref, call or comprehension anywhere inside
[[nodiscard]] bool is_ground(const Term* term);         // no var outside of ref heads; comprehensions are judged by their parts
[[nodiscard]] bool is_ground(const Expr* expr);
[[nodiscard]] bool is_ground(const Body& body);
[[nodiscard]] bool is_var_compatible(std::string_view text);  // [a-zA-Z_][a-zA-Z0-9_]*
[[nodiscard]] bool is_var(const Term* term, std::string_view name);

// Refs. "Position" is an index into the ref; npos where there is none.
inline constexpr std::size_t npos = SIZE_MAX;
[[nodiscard]] std::size_t dynamic_position(const Terms& ref);             // the first operand that is not constant; 0 where the head is a call
[[nodiscard]] std::span<Term* const> constant_prefix(const Terms& ref);
[[nodiscard]] std::span<Term* const> string_prefix(const Terms& ref);
[[nodiscard]] std::span<Term* const> ground_prefix(const Terms& ref);
[[nodiscard]] bool has_prefix(const Terms& ref, std::span<Term* const> prefix);
// package path + head ref, the head's var turned into a string.
[[nodiscard]] Ref extend(const Nodes& nodes, const Terms& base, const Terms& with_head);
[[nodiscard]] Ref rule_ref(const Nodes& nodes, const Rule& rule);  // data.<package>.<head ref>; needs rule.module

}  // namespace psdl::ast
