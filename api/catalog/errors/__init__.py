"""The catalogue's refusals."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class ProductNotFound(NotFound):
    """No such product, or none that is published for those who ask."""

    code = "product_not_found"
    sentence = "There is no such product."


class VariantNotFound(NotFound):
    """No such variant."""

    code = "variant_not_found"
    sentence = "There is no such variant."


class CategoryNotFound(NotFound):
    """No such category."""

    code = "category_not_found"
    sentence = "There is no such category."


class SlugTaken(Conflict):
    """Another product or category answers at this address."""

    code = "slug_taken"
    sentence = "The slug {slug} is taken. Choose another one."


class SkuTaken(Conflict):
    """A SKU names one variant in the whole shop, whatever its case."""

    code = "sku_taken"
    sentence = "The SKU {sku} belongs to another variant."


class BarcodeTaken(Conflict):
    """A barcode names one variant in the whole shop."""

    code = "barcode_taken"
    sentence = "The barcode {barcode} belongs to another variant."


class BarcodeTwice(Unprocessable):
    """A variant names the same code twice, perhaps once as UPC and once as EAN."""

    code = "barcode_twice"
    sentence = "The barcode {barcode} is named twice. A code means one number of units."


class OptionCombinationTaken(Conflict):
    """Two variants of one product may not have the same option values."""

    code = "option_combination_taken"
    sentence = "This product already has a variant with these option values."


class ExternalReferenceTaken(Conflict):
    """A reference to another system names one product."""

    code = "external_reference_taken"
    sentence = "The external reference {external_reference} belongs to another product."


class CategoryCycle(Conflict):
    """A category cannot stand below itself."""

    code = "category_cycle"
    sentence = "A category cannot be moved below itself."


class CategoryNotEmpty(Conflict):
    """A category with products or categories in it stays."""

    code = "category_not_empty"
    sentence = "The category still holds products or other categories. Move them first."


class OptionsDoNotFit(Unprocessable):
    """A variant needs one value for each option of its product, and no more."""

    code = "options_do_not_fit"
    sentence = "A variant of this product needs one value for each of: {options}."


class OptionTwice(Unprocessable):
    """Two options that are called the same could not be told apart."""

    code = "option_twice"
    sentence = "There are two options called {option}. Give each of them a name of its own."


class CompareAtNotAbovePrice(Unprocessable):
    """A compare-at price tells what was saved, so it is above the price."""

    code = "compare_at_not_above_price"
    sentence = "The compare-at price must be above the price, in the same currency."


class CurrencyTwice(Unprocessable):
    """One price per currency."""

    code = "currency_twice"
    sentence = "There are two prices in {currency}. Send one per currency."


class ImageUnknown(Unprocessable):
    """A variant may show only a picture of its own product."""

    code = "image_unknown"
    sentence = "The product has no picture with this address. Add it to the product first."


class SortNeedsQuery(Unprocessable):
    """Relevance is relevance to something."""

    code = "sort_needs_query"
    sentence = "sort=relevance needs words to search for in q."


class TitleMissing(Unprocessable):
    """A product that the shop does not know yet needs a name."""

    code = "title_missing"
    sentence = "The product {slug} is new and has no title."


class NoVariantLeft(Unprocessable):
    """A product needs at least one variant, and none of those given could be taken."""

    code = "no_variant_left"
    sentence = "None of the variants of {slug} could be taken in."


class CollectionFollowsRules(Conflict):
    """What is in a collection with rules, the rules say."""

    code = "collection_follows_rules"
    sentence = "The rules of this collection say what is in it. Change the rules instead."


class CollectionUnknown(Unprocessable):
    """A collection that a product should be in, and that is not there."""

    code = "collection_unknown"
    sentence = "There is no collection {slug}."


class CollectionHasNoRules(Unprocessable):
    """A collection that is filled by hand takes no rules, and never becomes one that does."""

    code = "collection_has_no_rules"
    sentence = "This collection is filled by hand. Make one of kind rules instead."


class CollectionFull(Unprocessable):
    """A collection by hand has an end; one by rules has none."""

    code = "collection_full"
    sentence = "A collection by hand holds at most {most} products."


class RulesInvalid(Unprocessable):
    """Rules that cannot be applied; `errors` point at each of them."""

    code = "rules_invalid"
    sentence = "Some of the rules cannot be applied. See where in errors."


class ProductsUnknown(Unprocessable):
    """Products that are not there; `errors` point at each of them."""

    code = "products_unknown"
    sentence = "Some of these products are not there. See which in errors."


class MetadataTooLarge(Unprocessable):
    """Metadata is for notes, not for documents."""

    code = "metadata_too_large"
    sentence = "Metadata holds at most {most_keys} keys and {most_bytes} bytes of JSON."


class PublishAtPassed(Unprocessable):
    """A product is published in the future, or now by a command."""

    code = "publish_at_passed"
    sentence = "publish_at must be in the future. Choose a later time, or publish the product now."


class PublishAtNeedsDraft(Conflict):
    """Only a draft can have `publish_at`."""

    code = "publish_at_needs_draft"
    sentence = "Only a draft can be published on a date; this product is {status}."


class VariantReferenceTaken(Conflict):
    """A reference to another system names one variant."""

    code = "variant_reference_taken"
    sentence = "The external reference {external_reference} belongs to another variant."


class NotAMember(Unprocessable):
    """Only what is in a category or collection has a place in it."""

    code = "not_in_list"
    sentence = "Some of these products are not in this category or collection. Add them first."


class FilterUnreadable(Unprocessable):
    """A filter of the form `name:value` is something else."""

    code = "filter_unreadable"
    sentence = (
        "{filter}={given} cannot be read. Write a name, a colon and a value, as in option=size:M or"
        " attribute=width:10..20."
    )


class AttributeNotFilterable(Unprocessable):
    """Storefronts may not filter by this attribute, or it does not exist."""

    code = "attribute_not_filterable"
    sentence = "Products cannot be filtered by the attribute {attribute}."


class SortNeedsListing(Unprocessable):
    """The shop's own order is one within a category or a collection."""

    code = "sort_needs_shelf"
    sentence = "sort=position needs a category or a collection."


class CollectionNotFound(NotFound):
    """No such collection, or not one that storefronts may see."""

    code = "collection_not_found"
    sentence = "There is no such collection."


class AttributeNotFound(NotFound):
    """No such attribute."""

    code = "attribute_not_found"
    sentence = "There is no such attribute."


class ProductTypeNotFound(NotFound):
    """No such product type."""

    code = "product_type_not_found"
    sentence = "There is no such product type."


class AttributeCodeTaken(Conflict):
    """A code names one attribute in the whole shop."""

    code = "attribute_code_taken"
    sentence = "Another attribute has the code {attribute}. Choose another one."


class ProductTypeNameTaken(Conflict):
    """A type is known by its name, whatever its case."""

    code = "product_type_name_taken"
    sentence = "There is a product type called {name} already."


class AttributeInUse(Conflict):
    """An attribute that types define stays, and so does what products say by it."""

    code = "attribute_in_use"
    sentence = "Product types still define this attribute. Take it out of them first."


class ChoiceInUse(Conflict):
    """A choice that products have made stays."""

    code = "choice_in_use"
    sentence = "Products still have these choices: {choices}. Give them other ones first."


class ProductTypeInUse(Conflict):
    """What products of a type say by its attributes is not thrown away in passing."""

    code = "product_type_in_use"
    sentence = (
        "Products of this type have values for {attributes} ({products} of them). Take these away"
        " first, or give the products another type that defines them."
    )


class ProductTypeTooCommon(Conflict):
    """A new name for a type goes to its products at once, as long as they are not too many."""

    code = "product_type_too_common"
    sentence = (
        "More than {most} products have this type, too many to rename them at once. Create a type"
        " with the new name and the same attributes, and move the products there."
    )


class AttributeIsFixed(Unprocessable):
    """Products and storefronts know an attribute by its code, and its values by their kind."""

    code = "attribute_is_fixed"
    sentence = "An attribute keeps its {field}. Create another attribute instead."


class ChoicesNotExpected(Unprocessable):
    """Only what is chosen has choices."""

    code = "choices_not_expected"
    sentence = "An attribute of the kind {kind} has no choices; only choice and choices have."


class AttributeUnknown(Unprocessable):
    """A type can define only attributes that the shop has."""

    code = "attribute_unknown"
    sentence = "There is no attribute {attributes}. Create it first."


class AttributeTwice(Unprocessable):
    """A type defines each attribute once."""

    code = "attribute_twice"
    sentence = "The attribute {attribute} is named twice."


class AttributesDoNotFit(Unprocessable):
    """What is said of a product must be what its type defines, in the form that is defined."""

    code = "attributes_do_not_fit"
    sentence = "Some attributes do not fit the product; each is named below."


class RequiredAttributesMissing(Unprocessable):
    """What a type requires must be given before a product is published, and stay given."""

    code = "required_attributes_missing"
    sentence = "Published products of the type {product_type} need: {missing}."


class ScheduleNotFound(NotFound):
    """No such scheduled price."""

    code = "schedule_not_found"
    sentence = "There is no such scheduled price."


class ScheduleInThePast(Unprocessable):
    """A price for now is set and not scheduled."""

    code = "schedule_in_the_past"
    sentence = "starts_at must be ahead. To change a price at once, set it."


class ScheduleEndsTooEarly(Unprocessable):
    """A scheduled price lasts for some time."""

    code = "schedule_ends_too_early"
    sentence = "ends_at must be after starts_at; null lets the price stay."


class SchedulesOverlap(Conflict):
    """One price at a time: what is put back at the end must be clear."""

    code = "schedules_overlap"
    sentence = (
        "Another price is scheduled for this variant and currency at that time."
        " Cancel it first, or choose a time before or after it."
    )


class ProductChangedSince(Conflict):
    """A file that speaks of a product as it was before somebody changed it."""

    code = "product_changed_since"
    sentence = "{slug} was changed since this file was exported; it has version {version} now."
