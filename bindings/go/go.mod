module psdl/bindings/go

go 1.19
