export {
  isAbsent,
  mapMember,
  mapStruct,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
  stringsAt,
  withMember,
  without,
} from "../../k8s/json-fields.ts";
