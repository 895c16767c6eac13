/**
  The part of nixpkgs' module system that our modules use: options with types and defaults, `mkIf`, `mkMerge`, `mkDefault`, and
  `mkBefore` for lines. What no option declares is free: sets are merged, lists are joined. So a module is evaluated without NixOS
  around it.
*/
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    head
    isAttrs
    isFunction
    isInt
    isList
    isString
    length
    mapAttrs
    ;

  property = type: set: set // { _type = type; };

  types =
    let
      simple = description: check: { inherit description check; };
    in
    {
      bool = simple "boolean" builtins.isBool;
      str = simple "string" isString;
      anything = simple "anything" (_: true);
      attrsOf =
        type:
        simple "attribute set of ${type.description}" (
          value: isAttrs value && all (name: type.check value.${name}) (attrNames value)
        );
      path = simple "path" (
        value: builtins.isPath value || (isString value && builtins.substring 0 1 value == "/")
      );
      strMatching =
        pattern:
        simple "string matching the pattern ${pattern}" (
          value: isString value && builtins.match pattern value != null
        );
      either =
        one: other:
        simple "${one.description} or ${other.description}" (value: one.check value || other.check value);
      package = simple "package" isAttrs;
      port = simple "port" (value: isInt value && value >= 0 && value < 65536);
      nullOr = type: simple "null or ${type.description}" (value: value == null || type.check value);
      listOf =
        type:
        simple "list of ${type.description}" (value: isList value && all type.check value)
        // {
          joins = true;
        };
    };

  evalModules =
    {
      modules,
      specialArgs ? { },
    }:
    let
      arguments = specialArgs // {
        inherit config;
      };
      loaded = concatMap load modules;
      options = foldl' mergeSets { } (map (module: module.options or { }) loaded);
      config = evaluate [ ] options (concatMap (module: push (module.config or { })) loaded);

      load =
        module:
        let
          value = if isAttrs module || isFunction module then module else import module;
          body = if isFunction value then value arguments else value;
          short = !(body ? options || body ? config);
          self = if short then { config = removeAttrs body [ "imports" ]; } else body;
        in
        concatMap load (body.imports or [ ]) ++ [ self ];
    in
    {
      inherit config options;
    };

  mergeSets =
    a: b:
    a
    // b
    // mapAttrs (
      name: _:
      if isOption a.${name} then throw "`${name}' is declared twice" else mergeSets a.${name} b.${name}
    ) (builtins.intersectAttrs a b);

  isOption = value: value._type or null == "option";
  isProperty =
    value:
    elem (value._type or null) [
      "if"
      "merge"
      "override"
      "before"
    ];

  # Moves conditions inwards, so that the names in a set can be told without knowing them.
  push =
    value:
    let
      inner = map (set: mapAttrs (_: content: value // { inherit content; }) set) (push value.content);
    in
    if value._type or null == "merge" then
      concatMap push value.contents
    else if isProperty value then
      inner
    else
      [ value ];

  # The value at one place from what modules say about it.
  evaluate =
    path: options: definitions:
    let
      names = mapAttrs (_: _: null) (foldl' (all: set: all // set) options definitions);
      at = name: map (set: set.${name}) (filter (set: set ? ${name}) definitions);
      value =
        name: _:
        let
          here = path ++ [ name ];
        in
        if !(options ? ${name}) then
          merge here (concatMap discharge (at name))
        else if isOption options.${name} then
          check here options.${name} (concatMap discharge (at name))
        else
          evaluate here options.${name} (concatMap push (at name));
    in
    mapAttrs value names;

  # What is left of a definition when its conditions are known: values with their priorities, the lowest wins.
  discharge =
    value:
    if value._type or null == "if" then
      if value.condition then discharge value.content else [ ]
    else if value._type or null == "merge" then
      concatMap discharge value.contents
    else if value._type or null == "override" then
      map (inner: inner // { inherit (value) priority; }) (discharge value.content)
    else if value._type or null == "before" then
      map (inner: inner // { isLines = true; }) (discharge value.content)
    else
      [
        {
          inherit value;
          priority = 100;
        }
      ];

  winners =
    definitions:
    let
      lowest = foldl' (
        least: { priority, ... }: if priority < least then priority else least
      ) 9999 definitions;
    in
    map ({ value, ... }: value) (filter ({ priority, ... }: priority == lowest) definitions);

  check =
    path: option: definitions:
    let
      name = concatStringsSep "." path;
      values = winners definitions;
      value =
        if values == [ ] then
          option.default
            or (throw "The option `${name}' was accessed but has no value defined. Try setting the option.")
        else
          merge path definitions;
    in
    if option.type.check value then
      value
    else
      throw "A definition for option `${name}' is not of type `${option.type.description}'.";

  dropUndefined = set: removeAttrs set (filter (name: discharge set.${name} == [ ]) (attrNames set));

  merge =
    path: definitions:
    let
      values = winners definitions;
      isSet = value: isAttrs value && !(value ? outPath);
    in
    # Where options stand, names must be told before conditions are known: what no definition is left of is null there.
    if values == [ ] then
      null
    else if all isSet values then
      evaluate path { } (map dropUndefined (concatMap push values))
    else if all isList values then
      concatLists values
    else if all (definition: definition.isLines or false) definitions then
      concatStringsSep "\n" values
    else if all (value: value == head values) values then
      head values
    else
      throw "The option `${concatStringsSep "." path}' has conflicting definition values: ${toString (length values)}";
in
{
  inherit evalModules types;
  mkOption = property "option";
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  mkEnableOption =
    description:
    property "option" {
      description = "Whether to enable ${description}.";
      default = false;
      type = types.bool;
    };
  mkIf = condition: content: property "if" { inherit condition content; };
  mkBefore = content: property "before" { inherit content; };
  mkMerge = contents: property "merge" { inherit contents; };
  mkDefault =
    content:
    property "override" {
      inherit content;
      priority = 1000;
    };
}
